#include "sim/sequence.hpp"

#include "model/json.hpp"
#include "sim/json_fields.hpp"
#include "sim/scenario_names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace tutti::sim {

namespace json = boost::json;
using What = Step::What;

namespace {

constexpr std::string_view kFormat = "tutti-sequence/1";
constexpr std::array<std::string_view, 13> kWords{
    "make-keys",  "add-dnskey", "remove-dnskey", "sign-dnskey",   "sign-data",    "retire-keys",   "publish-cds",
    "remove-cds", "set-ns",     "remove-ns",     "publish-csync", "remove-csync", "stop-answering"};
constexpr std::array<std::string_view, 3> kSights{"parent-ds", "parent-ns", "served"};

bool is_one_of(const auto& list, std::string_view word) {
    return std::ranges::find(list, word) != list.end();
}

// expression := term ("+" term)*    term := seconds | name | "max(" expression ("," expression)* ")"
class Arithmetic {
  public:
    using Known = std::function<std::optional<Duration>(const std::string&)>;
    Arithmetic(std::string_view text, const Known& known) : rest_(text), known_(known) {}

    Duration all() {
        const auto value = sum();
        if (!rest_.empty()) bad_json("wait", fmt::format("\"{}\" is too much here", rest_));
        return value;
    }

  private:
    void skip() {
        while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
    }
    bool take(char c) {
        skip();
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        skip();
        return true;
    }
    Duration sum() {
        auto value = term();
        while (take('+')) value += term();
        return value;
    }
    Duration term() {
        skip();
        if (!rest_.empty() && std::isdigit(static_cast<unsigned char>(rest_.front())) != 0) return number();
        const auto name = word();
        if (name == "max" && take('(')) {
            auto value = sum();
            while (take(',')) value = std::max(value, sum());
            if (!take(')')) bad_json("wait", "a ) is missing");
            return value;
        }
        const auto value = known_(name);
        if (!value)
            bad_json(
                "wait", fmt::format("\"{}\" is not known", name),
                fmt::format("known: seconds, max(a, b), {}, and what \"define\" has", fmt::join(kQuantities, ", ")));
        return *value;
    }
    Duration number() {
        constexpr double kCentury_s = 3.2e9;
        double value = 0;
        const auto [end, ec] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        if (ec != std::errc{} || value > kCentury_s) bad_json("wait", fmt::format("\"{}\" is no time", rest_));
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        skip();
        return seconds(value);
    }
    std::string word() {
        std::string out;
        while (!rest_.empty() &&
               (std::isalnum(static_cast<unsigned char>(rest_.front())) != 0 || rest_.front() == '-')) {
            out += rest_.front();
            rest_.remove_prefix(1);
        }
        skip();
        return out;
    }

    std::string_view rest_;
    const Known& known_;
};

class Reader {
  public:
    explicit Reader(const json::value& v) : root_(v, "") {}

    Sequence read() {
        if (auto f = root_.text("format"); f != kFormat)
            bad_json("format", fmt::format("\"{}\" is not {}", f, kFormat));
        s_.name = root_.text("name");
        s_.source = root_.text("source", "");
        s_.scenario = root_.text("scenario", "");
        s_.look_every = seconds(root_.number("look_every", 0.1, 86400, 1));
        if (const auto* list = root_.find("define"))
            for (const auto& [name, value] : object_of(*list, "define")) {
                const auto text = text_of(value, "define");
                check_wait(text, {});
                s_.define.emplace(name, text);
            }
        std::size_t i = 0;
        for (const auto& v : array_of(root_.need("steps"), "steps"))
            s_.steps.push_back(step(v, fmt::format("steps[{}]", i++)));
        root_.done();
        return std::move(s_);
    }

  private:
    static std::string word(Fields& f, std::string_view name, const auto& list) {
        auto out = f.text(name);
        if (!is_one_of(list, out))
            bad_json(f.where(name), fmt::format("\"{}\" is not known", out),
                     fmt::format("write one of {}", fmt::join(list, ", ")));
        return out;
    }
    static std::string keys(Fields& f) {
        const auto out = f.text("keys");
        const auto space = out.find(' ');
        const bool known_age = space == std::string::npos || is_one_of(kAges, std::string_view(out).substr(0, space));
        if (!known_age || !is_one_of(kKeyWords, std::string_view(out).substr(space + 1)))
            bad_json(f.where("keys"), fmt::format("\"{}\" is not known", out),
                     fmt::format("write one of {}; before it {} or nothing", fmt::join(kKeyWords, ", "),
                                 fmt::join(kAges, ", ")));
        return out;
    }

    Step step(const json::value& v, const std::string& where) const {
        Fields f(v, where);
        Step s;
        s.name = f.text("step");
        s.text = f.text("text");
        if (f.find("wait") != nullptr) {
            s.wait = f.text("wait");
            check_wait(s.wait, s_.define);
            s.since = f.text("since", "");
            if (!s.since.empty() && std::ranges::find(s_.steps, s.since, &Step::name) == s_.steps.end())
                bad_json(f.where("since"), fmt::format("no step before it has the name \"{}\"", s.since));
        } else if (f.find("until") != nullptr) {
            s.what = What::until;
            s.sight = enum_of<Step::Sight>(kSights, word(f, "until", kSights));
        } else {
            s.what = enum_of<What>(kWords, word(f, "do", kWords));
            s.at = word(f, "at", kRoles);
            if (needs_keys(s.what)) s.keys = keys(f);
            if (needs_of(s.what)) s.of = word(f, "of", kRoles);
        }
        f.done();
        return s;
    }
    static bool needs_keys(What what) { return what <= What::publish_cds; }
    static bool needs_of(What what) {
        return what == What::add_dnskey || what == What::remove_dnskey || what == What::publish_cds ||
               what == What::set_ns || what == What::remove_ns;
    }
    static void check_wait(const std::string& text, const std::map<std::string, std::string>& define) {
        const std::function<std::optional<Duration>(const std::string&)> known =
            [&](const std::string& name) -> std::optional<Duration> {
            if (is_one_of(kQuantities, name) || define.contains(name)) return Duration{0};
            return std::nullopt;
        };
        (void)Arithmetic(text, known).all();
    }

    Fields root_;
    Sequence s_;
};

} // namespace

Expected<Sequence> parse_sequence(std::string_view text) {
    auto v = model::parse_json(text);
    if (!v) return std::unexpected(v.error());
    try {
        return Reader(*v).read();
    } catch (const BadJson& bad) {
        return std::unexpected(bad.error);
    }
}

Expected<Duration> evaluate(std::string_view expression,
                            const std::function<std::optional<Duration>(const std::string&)>& known) {
    try {
        return Arithmetic(expression, known).all();
    } catch (const BadJson& bad) {
        return std::unexpected(bad.error);
    }
}

} // namespace tutti::sim
