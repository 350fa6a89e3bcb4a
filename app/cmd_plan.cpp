// tutti plan, tutti apply: what would happen, and let it happen.
#include "app/show.hpp"

#include <fmt/format.h>

namespace tutti::app {

namespace {

struct Options {
    std::string zone;
    std::vector<std::string> signers, dead, algorithms, distrust;
    std::string ksk_holder;
    bool detailed = false, no_probe = false, secure = false, insecure = false, accept_breakage = false;
    CLI::Option* signers_given = nullptr;
    CLI::Option* dead_given = nullptr;
    CLI::Option* holder_given = nullptr;
    CLI::Option* algorithms_given = nullptr;
    CLI::Option* distrust_given = nullptr;
};

boost::json::object body_of(const Options& o) {
    boost::json::object out;
    if (o.signers_given->count() > 0) out["signers"] = to_array(split_list(o.signers));
    if (o.dead_given->count() > 0) out["dead"] = to_array(split_list(o.dead));
    if (o.holder_given->count() > 0) out["ksk_holder"] = o.ksk_holder;
    if (o.algorithms_given->count() > 0) out["algorithms"] = to_array(split_list(o.algorithms));
    if (o.distrust_given->count() > 0) out["distrust"] = to_array(split_list(o.distrust));
    if (o.secure || o.insecure) out["secure"] = o.secure;
    return out;
}

std::shared_ptr<Options> add_options(CLI::App& c) {
    auto o = std::make_shared<Options>();
    c.add_option("zone", o->zone, "The zone")->required();
    o->signers_given = c.add_option("--signers", o->signers, "Who should sign and serve it, separated by commas");
    o->dead_given =
        c.add_option("--dead", o->dead, "Who serves nobody any more and cannot be asked: no longer waited for");
    o->holder_given = c.add_option(
        "--ksk-holder", o->ksk_holder,
        "Whose DNSKEY RRset all serve, with its signatures (RFC 8901 model 1); \"\": each has its own KSK");
    o->algorithms_given = c.add_option("--algorithms", o->algorithms,
                                       "DS for keys of these algorithms only, once every signer has one; \"\": of all");
    o->distrust_given =
        c.add_option("--distrust", o->distrust, "Compromised keys, as `explain` names them: out at once");
    auto* insecure = c.add_flag("--insecure", o->insecure, "No DS at the parent; the signers go on signing");
    c.add_flag("--secure", o->secure, "A DS again, as soon as whatever caches hold is signed")->excludes(insecure);
    return o;
}

} // namespace

void add_plan(CLI::App& root, Cli& cli) {
    auto* c = root.add_subcommand("plan", "What would happen, with today's TTLs; changes nothing");
    auto o = add_options(*c);
    c->add_flag("--detailed-exitcode", o->detailed, "Exit with 2 when there are changes, 3 when it would end blocked");
    add_common(*c, cli);
    c->callback([o, &cli] {
        cli.run = [o, &cli]() -> int {
            const auto body = body_of(*o);
            auto answer = cli.client().call("POST", "/v1/zones/" + escaped(o->zone) + "/plan", &body);
            const int code = show(answer, cli, render_plan);
            if (code != kOk || !o->detailed) return code;
            if (text_at(*answer, "end") == "blocked") return kWaiting;
            return number_at(*answer, "changes") > 0 ? kPending : kOk;
        };
    });
}

void add_apply(CLI::App& root, Cli& cli) {
    auto* c = root.add_subcommand("apply", "Change who signs and serves a zone; at any time, also half way");
    auto o = add_options(*c);
    c->add_flag("--accept-breakage", o->accept_breakage,
                "A distrusted key goes although caches need it; `plan` says what that breaks, and for how long");
    c->add_flag("--no-probe", o->no_probe, "Do not ask the signers first whether they can take part");
    add_common(*c, cli);
    c->callback([o, &cli] {
        cli.run = [o, &cli] {
            auto body = body_of(*o);
            if (body.empty()) throw CLI::RequiredError("--signers, or another wish");
            body["probe"] = !o->no_probe;
            if (o->accept_breakage) body["accept_breakage"] = true;
            return send_and_show(
                cli, "PUT", "/v1/zones/" + escaped(o->zone) + "/intent", body, [](Page& page, const Json& a) {
                    if (const auto id = text_at(a, "id"); !id.empty())
                        return page.line(fmt::format("{} waits for a second person: `tutti proposal approve {}`",
                                                     text_at(a, "zone"), id),
                                         Colour::yellow);
                    page.line(fmt::format("{} goes to {}", text_at(a, "zone"), joined_at(a, "members", " + ")),
                              Colour::green);
                    page.line("`tutti watch` shows how it goes, `tutti explain` why it waits.", Colour::grey);
                });
        };
    });
}

} // namespace tutti::app
