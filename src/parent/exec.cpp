#include "parent/exec.hpp"

#include "accept/json.hpp"
#include "dnssec/hash.hpp"
#include "model/json_io.hpp"
#include "os/process.hpp"
#include "parent/delegation.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace json = boost::json;

namespace tutti::parent {

using port::Submission;

namespace {

template <class T, class Of>
concept Is = std::same_as<std::remove_const_t<T>, Of>;

struct Answer {
    std::string state, text, id;
};

template <class Io, Is<Answer> T>
void describe(Io& io, T& v) {
    io.field("state", v.state);
    io.field("text", v.text, "");
    io.field("id", v.id, "");
}

template <class T>
json::array list(const std::vector<T>& items) {
    json::array out;
    for (const auto& i : items) out.push_back(model::json_io::write(i));
    return out;
}

json::array glue_list(const std::vector<accept::Glue>& glue) {
    json::array out;
    for (const auto& g : glue) {
        json::array addresses;
        for (const auto& a : g.addresses) addresses.emplace_back(a);
        out.push_back(json::object{{"host", g.host.text()}, {"addresses", std::move(addresses)}});
    }
    return out;
}

json::object change_of(const port::RegistryChange& c) {
    json::object out{{"ds_add", list(c.change.ds_add)},          {"ds_remove", list(c.change.ds_remove)},
                     {"ns_add", list(c.change.ns_add)},          {"ns_remove", list(c.change.ns_remove)},
                     {"glue_add", glue_list(c.change.glue_add)}, {"glue_remove", glue_list(c.change.glue_remove)}};
    if (c.change.ds_ttl) out["ds_ttl"] = *c.change.ds_ttl;
    return out;
}

// The same change of the same delegation has the same name, however often it is asked for.
std::string name_of(const json::object& request) {
    return dnssec::sha256_hex(json::serialize(request)).substr(0, 32);
}

// `now` is what the command should find: it is read a moment before.
std::string request_of(const char* action, const port::RegistryChange& c, const accept::Registry& now) {
    json::object out{{"child", c.child.text()}, {"change", change_of(c)}};
    out["expected"] = json::object{{"ns", list(now.ns)}, {"ds", list(now.ds)}, {"glue", glue_list(now.glue)}};
    out["id"] = name_of(out);
    out["action"] = action;
    if (!c.keys.empty()) out["keys"] = list(c.keys);
    return json::serialize(out) + "\n";
}

Expected<json::value> json_of(const std::string& output, const std::string& where) {
    boost::system::error_code ec;
    auto value = json::parse(output, ec);
    if (ec) return fail(ErrorKind::bad_answer, "the command did not write JSON: " + ec.message(), where);
    return value;
}

Expected<Answer> answer_of(const std::string& output, const std::string& where) {
    const auto value = json_of(output, where);
    if (!value) return std::unexpected(value.error());
    return model::json_io::parse<Answer>(*value, "answer");
}

// Without `ds` it is not known whether there are any.
Expected<accept::Registry> registry_of(const std::string& output, const std::string& where) {
    const auto value = json_of(output, where);
    if (!value) return std::unexpected(value.error());
    if (!value->is_object() || !value->as_object().contains("ds"))
        return fail(ErrorKind::bad_answer, "the command did not write an object with the member ds", where);
    auto out = accept::registry_from_json(*value);
    if (!out) out.error().kind = ErrorKind::bad_answer;
    return out;
}

} // namespace

Expected<std::string> ExecRegistry::ask(const std::string& request) {
    auto result = os::run_command(settings_.command, request, limit_);
    if (!result) {
        result.error().where = settings_.command;
        return std::unexpected(std::move(result.error()));
    }
    if (result->status == 0) return std::move(result->output);
    return fail(ErrorKind::transient, fmt::format("the command {}", os::failure(result->status)), settings_.command,
                "run it as the user of this process; what it prints on stderr is in the log");
}

Expected<accept::Registry> ExecRegistry::read(const dns::Name& child) {
    auto output = ask(json::serialize(json::object{{"action", "read"}, {"child", child.text()}}) + "\n");
    if (!output) return std::unexpected(std::move(output.error()));
    return registry_of(*output, settings_.command);
}

Expected<Submission> ExecRegistry::apply(const port::RegistryChange& change) {
    const auto now = read(change.child);
    if (!now) return std::unexpected(now.error());
    if (reached(*now, change.change, true))
        return Submission{Submission::State::already, "", "the registry has: " + in_words(change.change)};
    if (const auto same = check_expected(*now, change); !same) return std::unexpected(same.error());
    const auto output = ask(request_of("apply", change, *now));
    auto answer = output ? answer_of(*output, settings_.command) : std::unexpected(output.error());
    if (!answer) { // it may have done it before it failed
        answer.error().kind = ErrorKind::unknown_outcome;
        return std::unexpected(std::move(answer.error()));
    }
    for (const auto state :
         {Submission::State::done, Submission::State::already, Submission::State::pending, Submission::State::held})
        if (answer->state == to_string(state)) return Submission{state, answer->id, answer->text};
    if (answer->state == "conflict") return fail(ErrorKind::conflict, answer->text, settings_.command);
    if (answer->state == "refused") return fail(ErrorKind::refused, answer->text, settings_.command);
    return fail(ErrorKind::unknown_outcome,
                fmt::format("the command said \"{}\", which means nothing here", answer->state), settings_.command,
                "states are: done, already, pending, held, conflict, refused");
}

Expected<std::string> ExecRegistry::dry_run(const port::RegistryChange& change) {
    const auto now = read(change.child);
    if (!now) return std::unexpected(now.error());
    if (reached(*now, change.change, true)) return "nothing: the registry has it already";
    if (const auto same = check_expected(*now, change); !same) return "nothing: " + same.error().text();
    return request_of("apply", change, *now);
}

} // namespace tutti::parent
