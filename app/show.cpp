#include "app/show.hpp"

#include <unistd.h>

#include <cstdio>

namespace tutti::app {

int show_refusal(const Refusal& refusal, bool json) {
    const auto& e = refusal.error;
    if (json) {
        Json document = refusal.document;
        if (!document.is_object())
            document = {{"code", refusal.code},
                        {"kind", to_string(e.kind)},
                        {"seen", e.seen},
                        {"where", e.where},
                        {"remedy", e.remedy}};
        std::fputs(pretty(document).c_str(), stdout);
    } else {
        Page page(wants_colour(STDERR_FILENO));
        // A report for each says more than one long sentence.
        bool told = false;
        for (const auto& probe : array_at(refusal.document, "probes"))
            if (!flag_at(probe, "usable")) {
                render_probe(page, probe);
                told = true;
            }
        if (told) {
            page.entry("error", "nothing was changed: somebody cannot take part: " + e.where, Colour::red);
            std::fputs(page.text().c_str(), stderr);
            return kFailed;
        }
        page.entry("error",
                   e.where.empty() || e.seen.find(e.where) != std::string::npos ? e.seen : e.where + ": " + e.seen,
                   Colour::red);
        if (!e.remedy.empty()) page.entry("remedy", e.remedy);
        std::fputs(page.text().c_str(), stderr);
    }
    return kFailed;
}

int show(const std::expected<Json, Refusal>& answer, const Cli& cli, void (*render)(Page&, const Json&)) {
    if (!answer) return show_refusal(answer.error(), cli.json());
    if (cli.json()) {
        std::fputs(pretty(*answer).c_str(), stdout);
    } else {
        Page page(wants_colour(STDOUT_FILENO));
        render(page, *answer);
        std::fputs(page.text().c_str(), stdout);
    }
    return kOk;
}

int send_and_show(const Cli& cli, const std::string& method, const std::string& path, const boost::json::object& body,
                  void (*render)(Page&, const Json&)) {
    return show(cli.client().call(method, path, &body), cli, render);
}

boost::json::array to_array(const std::vector<std::string>& texts) {
    boost::json::array out;
    for (const auto& t : texts) out.emplace_back(boost::json::string(t));
    return out;
}

std::vector<std::string> split_list(const std::vector<std::string>& given) {
    std::vector<std::string> out;
    for (const auto& text : given) {
        std::size_t from = 0;
        for (;;) {
            const auto comma = text.find(',', from);
            if (comma != from && from < text.size()) out.push_back(text.substr(from, comma - from));
            if (comma == std::string::npos) break;
            from = comma + 1;
        }
    }
    return out;
}

} // namespace tutti::app
