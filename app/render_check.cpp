#include "app/render_check.hpp"

#include "app/show.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::app {

namespace json = boost::json;

namespace {

json::array tags(std::span<const dnssec::Dnskey> keys) {
    json::array out;
    for (const auto& key : keys) out.push_back(key.tag());
    return out;
}

json::array names(std::span<const dns::Name> given) {
    json::array out;
    for (const auto& name : given) out.emplace_back(name.text());
    return out;
}

json::array ds_json(std::span<const dnssec::Ds> all) {
    json::array out;
    for (const auto& ds : all)
        out.push_back({{"tag", ds.tag}, {"algorithm", ds.algorithm}, {"digest_type", ds.digest_type}});
    return out;
}

json::object server_json(const audit::Server& s) {
    std::vector<dnssec::Dnskey> signers;
    signers.reserve(s.dnskey.signed_by.size());
    for (auto i : s.dnskey.signed_by) signers.push_back(s.dnskey.keys[i]);
    return {{"address", s.address},
            {"names", names(s.names)},
            {"hidden", s.hidden},
            {"serial", s.soa ? Json(s.soa->serial) : Json()},
            {"dnskey", tags(s.dnskey.keys)},
            {"dnskey_ttl", s.dnskey.ttl},
            {"dnskey_signed_by", tags(signers)},
            {"data_signed_by", tags(s.data.keys)},
            {"ns", names(s.ns.names)},
            {"cds", ds_json(s.cds.cds)},
            {"cdnskey", tags(s.cds.cdnskey)},
            {"csync", s.csync.present},
            {"problem", s.dnskey.problem}};
}

json::array findings_json(const audit::Report& report) {
    json::array out;
    for (const auto& f : report.findings)
        out.push_back({{"severity", to_string(f.severity)},
                       {"code", f.code},
                       {"seen", f.seen},
                       {"where", to_array(f.where)},
                       {"means", f.means},
                       {"remedy", f.remedy}});
    return out;
}

} // namespace

Json check_json(const audit::View& view, const audit::Report& report) {
    json::array signers, parents, silent;
    std::vector<bool> told(view.servers.size());
    for (const auto& s : report.signers) {
        json::array servers;
        for (auto i : s.servers) {
            servers.push_back(server_json(view.servers[i]));
            told[i] = true;
        }
        signers.push_back({{"name", s.name}, {"servers", std::move(servers)}});
    }
    for (std::size_t i = 0; i < told.size(); ++i)
        if (!told[i]) silent.push_back(server_json(view.servers[i]));
    for (const auto& p : view.parents)
        parents.push_back({{"address", p.address},
                           {"ds", ds_json(p.ds.ds)},
                           {"ns", names(p.ns.names)},
                           {"problem", p.ds.problem.empty() ? p.ns.problem : p.ds.problem}});
    return {{"zone", view.zone.text()},
            {"parent", view.parent ? Json(view.parent->text()) : Json()},
            {"at", to_rfc3339(view.now)},
            {"signers", std::move(signers)},
            {"no_answer", std::move(silent)},
            {"parent_servers", std::move(parents)},
            {"errors", report.count(audit::Severity::error)},
            {"warnings", report.count(audit::Severity::warning)},
            {"notes", report.count(audit::Severity::note)},
            {"findings", findings_json(report)}};
}

namespace {

std::string or_none(const std::string& text) {
    return text.empty() ? "none" : text;
}

std::string ds_text(const Json& where) {
    std::vector<std::string> out;
    for (const auto& ds : array_at(where, "ds"))
        out.push_back(
            fmt::format("{}/{}/{}", number_at(ds, "tag"), number_at(ds, "algorithm"), number_at(ds, "digest_type")));
    return or_none(fmt::format("{}", fmt::join(out, " ")));
}

void render_servers(Page& page, const json::array& servers) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& s : servers) {
        const auto problem = text_at(s, "problem");
        auto text = !problem.empty()
                        ? problem
                        : fmt::format("serial {}, keys {}, DNSKEY signed by {}, data by {}", number_at(s, "serial"),
                                      or_none(joined_at(s, "dnskey")), or_none(joined_at(s, "dnskey_signed_by")),
                                      or_none(joined_at(s, "data_signed_by")));
        if (flag_at(s, "hidden")) text += "; not in NS";
        rows.push_back({text_at(s, "address"), joined_at(s, "names"), std::move(text)});
    }
    // Without names no column for them.
    if (std::ranges::all_of(rows, [](const auto& r) { return r[1].empty(); }))
        for (auto& row : rows) row.erase(row.begin() + 1);
    page.table(rows, "  ");
}

void render_view(Page& page, const Json& a) {
    const auto parent = text_at(a, "parent");
    page.line(text_at(a, "zone"), Colour::bold);
    if (!array_at(a, "parent_servers").empty())
        page.line(parent.empty() ? "servers of the parent" : fmt::format("parent {}", parent));
    std::vector<std::vector<std::string>> rows;
    for (const auto& p : array_at(a, "parent_servers"))
        rows.push_back({text_at(p, "address"), fmt::format("DS {}, NS {}", ds_text(p), or_none(joined_at(p, "ns")))});
    page.table(rows, "  ");
    for (const auto& s : array_at(a, "signers")) {
        page.line(text_at(s, "name"));
        render_servers(page, array_at(s, "servers"));
    }
    if (const auto& silent = array_at(a, "no_answer"); !silent.empty()) {
        page.line("no answer");
        render_servers(page, silent);
    }
}

// "192.0.2.1 192.0.2.2 (blue)"
std::string places(const Json& finding, const Json& a) {
    auto rest = array_at(finding, "where");
    std::vector<std::string> out;
    const auto take = [&](const json::array& servers, const std::string& whose) {
        std::string here;
        for (const auto& s : servers) {
            const auto found = std::ranges::find(rest, at(s, "address"));
            if (found == rest.end()) continue;
            here += text_at(s, "address") + " ";
            rest.erase(found);
        }
        if (!here.empty()) out.push_back(here + "(" + whose + ")");
    };
    for (const auto& s : array_at(a, "signers")) take(array_at(s, "servers"), text_at(s, "name"));
    take(array_at(a, "parent_servers"), "parent");
    for (const auto& w : rest) out.emplace_back(w.as_string());
    return fmt::format("{}", fmt::join(out, ", "));
}

void render_finding(Page& page, const Json& f, const Json& a) {
    const auto severity = text_at(f, "severity"), seen = text_at(f, "seen");
    page.line();
    page.entry(severity, seen,
               severity == "error"     ? Colour::red
               : severity == "warning" ? Colour::yellow
                                       : Colour::bold);
    // Where it is has often been said already.
    const auto& where = array_at(f, "where");
    const bool told = std::ranges::all_of(where, [&](const Json& w) { return seen.contains(w.as_string()); });
    if (!told) page.entry("where", places(f, a));
    page.entry("means", text_at(f, "means"));
    if (const auto remedy = text_at(f, "remedy"); !remedy.empty()) page.entry("remedy", remedy);
}

std::string counted(double n, std::string_view what) {
    return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

} // namespace

void render_check(Page& page, const Json& a) {
    render_view(page, a);
    for (const auto& f : array_at(a, "findings")) render_finding(page, f, a);
    page.line();
    const double errors = number_at(a, "errors"), warnings = number_at(a, "warnings"), notes = number_at(a, "notes");
    if (errors + warnings + notes == 0) return page.line("nothing is wrong", Colour::green);
    page.line(fmt::format("{}, {}, {}", counted(errors, "error"), counted(warnings, "warning"), counted(notes, "note")),
              errors > 0     ? Colour::red
              : warnings > 0 ? Colour::yellow
                             : Colour::green);
}

} // namespace tutti::app
