#include "app/testbed_routes.hpp"

#include "app/text.hpp"
#include "model/json.hpp"
#include "serve/api.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>

namespace tutti::app {

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using serve::Reply;
using serve::Request;
using serve::Result;

struct Kept {
    const char *name, *type;
};
constexpr std::array kFiles = {Kept{"begin.svg", "image/svg+xml"}, Kept{"middle.svg", "image/svg+xml"},
                               Kept{"end.svg", "image/svg+xml"}, Kept{"trace.json", "application/json"},
                               Kept{"round.json", "application/json"}};

std::optional<std::string> content_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return std::nullopt;
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

// The value at this share of the sorted list.
Json quantile(const std::vector<double>& sorted, double share) {
    if (sorted.empty()) return nullptr;
    return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

json::object figures(const std::vector<const Json*>& rounds) {
    std::vector<double> ratios, seconds;
    double answers = 0, failures = 0;
    std::int64_t ok = 0;
    for (const auto* r : rounds) {
        if (at(*r, "ratio").is_number()) ratios.push_back(number_at(*r, "ratio"));
        if (at(*r, "seconds").is_number()) seconds.push_back(number_at(*r, "seconds"));
        answers += number_at(*r, "answers");
        failures += number_at(*r, "failures");
        ok += text_at(*r, "verdict") == "ok" ? 1 : 0;
    }
    std::ranges::sort(ratios);
    std::ranges::sort(seconds);
    return {
        {"rounds", rounds.size()},
        {"ok", ok},
        {"answers", static_cast<std::int64_t>(answers)},
        {"failures", static_cast<std::int64_t>(failures)},
        {"ratio", {{"median", quantile(ratios, 0.5)}, {"p90", quantile(ratios, 0.9)}, {"max", quantile(ratios, 1)}}},
        {"seconds",
         {{"median", quantile(seconds, 0.5)}, {"p90", quantile(seconds, 0.9)}, {"max", quantile(seconds, 1)}}}};
}

class Testbed {
  public:
    explicit Testbed(std::string folder) : folder_(std::move(folder)) {}

    Result<Reply> overview(const Request&) {
        if (folder_.empty()) return Json{{"configured", false}};
        const auto rounds = read();
        std::vector<const Json*> all;
        std::map<std::string, std::vector<const Json*>> by;
        for (const auto& r : *rounds) {
            all.push_back(&r);
            by[text_at(r, "scenario")].push_back(&r);
        }
        json::object scenarios;
        for (const auto& [name, some] : by) scenarios[name] = figures(some);
        Json current = json::array{};
        if (const auto text = content_of(fs::path(folder_) / "current.json"))
            if (auto parsed = model::parse_json(*text); parsed && parsed->is_array()) current = *std::move(parsed);
        return Json{{"configured", true},
                    {"running", std::move(current)},
                    {"all", figures(all)},
                    {"scenarios", std::move(scenarios)}};
    }

    // The newest first; the cursor is the number of the last one shown.
    Result<Reply> rounds(const Request& r) {
        const auto limit = serve::number(r, "limit", 100, 1000),
                   before = serve::number(r, "cursor", INT64_MAX, INT64_MAX);
        if (!limit) return std::unexpected(limit.error());
        if (!before) return std::unexpected(before.error());
        if (folder_.empty()) return absent();
        const auto all = read();
        json::array page;
        bool more = false;
        for (const auto& round : *all) {
            if (number_of(round) >= *before) continue;
            more = page.size() >= static_cast<std::size_t>(*limit);
            if (more) break;
            page.push_back(round);
        }
        json::object out{{"total", all->size()}};
        if (more && !page.empty()) out["next"] = std::to_string(number_of(page.back()));
        out["rounds"] = std::move(page);
        return serve::paged(Json(std::move(out)), r);
    }

    Result<Reply> round(const Request& r) {
        if (folder_.empty()) return absent();
        const auto number = parse(r.params.at("round"));
        const auto all = read();
        for (const auto& round : *all) {
            if (!number || number_of(round) != *number) continue;
            json::object out = round.as_object();
            json::array files;
            for (const auto& f : kFiles)
                if (fs::exists(home(*number) / f.name)) files.emplace_back(f.name);
            out["files"] = std::move(files);
            return Json(std::move(out));
        }
        return unknown(r.params.at("round"));
    }

    Result<Reply> file(const Request& r) {
        if (folder_.empty()) return absent();
        const auto number = parse(r.params.at("round"));
        const auto* kept =
            std::ranges::find(kFiles, r.params.at("file"), [](const Kept& k) { return std::string(k.name); });
        if (!number || kept == kFiles.end()) return unknown(r.path);
        auto text = content_of(home(*number) / kept->name);
        if (!text) return unknown(r.path);
        if (std::string_view(kept->type) == "application/json") {
            auto parsed = model::parse_json(*text);
            if (!parsed)
                return serve::problem("testbed-unreadable", 503, parsed.error().kind, parsed.error().seen, r.path);
            return *std::move(parsed);
        }
        return Reply(kept->type, *std::move(text));
    }

  private:
    static std::unexpected<serve::Problem> absent() {
        return serve::problem("testbed-absent", ErrorKind::not_found, "no testbed is configured here", "[page]",
                              "set testbed = \"DIR\" in [page] to its results");
    }
    static std::unexpected<serve::Problem> unknown(const std::string& what) {
        return serve::problem("round-unknown", ErrorKind::not_found,
                              "there is no such round, or nothing was kept of it", what,
                              "GET /v1/testbed/rounds lists all");
    }
    static std::int64_t number_of(const Json& round) { return static_cast<std::int64_t>(number_at(round, "round")); }
    static std::optional<std::int64_t> parse(const std::string& text) {
        std::int64_t out = 0;
        const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
        if (ec != std::errc{} || end != text.data() + text.size() || out < 0) return std::nullopt;
        return out;
    }
    fs::path home(std::int64_t number) const { return fs::path(folder_) / "rounds" / fmt::format("{:05}", number); }

    using Rounds = std::shared_ptr<const std::vector<Json>>;
    // All that ended, the newest first; read again when the file was replaced.
    Rounds read() {
        const auto path = fs::path(folder_) / "rounds.jsonl";
        std::error_code ec;
        const auto written = fs::last_write_time(path, ec);
        const std::lock_guard guard(mutex_);
        if (rounds_ && written == written_) return rounds_;
        std::vector<Json> out;
        std::istringstream lines(content_of(path).value_or(""));
        for (std::string line; std::getline(lines, line);)
            if (auto parsed = model::parse_json(line); parsed && parsed->is_object()) out.push_back(*std::move(parsed));
        std::ranges::sort(out, std::greater{}, number_of);
        written_ = written;
        return rounds_ = std::make_shared<const std::vector<Json>>(std::move(out));
    }

    std::string folder_;
    std::mutex mutex_;
    fs::file_time_type written_{};
    Rounds rounds_;
};

} // namespace

std::vector<serve::Route> testbed_routes(const std::string& folder) {
    const auto t = std::make_shared<Testbed>(folder);
    return {
        {"GET", "/v1/testbed", "The testbed: what runs, and figures of what ran", serve::Scope::read,
         [t](const Request& r) { return t->overview(r); }},
        {"GET",
         "/v1/testbed/rounds",
         "All rounds, the newest first",
         serve::Scope::read,
         [t](const Request& r) { return t->rounds(r); },
         {"cursor", "limit"}},
        {"GET", "/v1/testbed/rounds/{round}", "One round", serve::Scope::read,
         [t](const Request& r) { return t->round(r); }},
        {"GET", "/v1/testbed/rounds/{round}/{file}", "A picture or the trace of a round", serve::Scope::read,
         [t](const Request& r) { return t->file(r); }},
    };
}

} // namespace tutti::app
