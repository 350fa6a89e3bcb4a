#include "parent/update_registry.hpp"

#include "parent/checks.hpp"
#include "port/ddns.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>

namespace tutti::parent {

using dns::Name;
using dns::Type;
using port::Submission;

namespace {

model::RrChange question(const Name& owner, Type type) {
    return {owner, type, 0, {}, {}, {}, true};
}

std::string quoted(const Name& owner, Type type, const dns::Rdata& rdata) {
    return fmt::format("{} {} {}", owner.text(), dns::to_string(type), dns::rdata_text(type, rdata));
}

// The same message as text: nsupdate sends it as one, so it is done wholly or not at all.
std::string script(const dns::Update& update) {
    using Kind = dns::Update::Prerequisite::Kind;
    std::string out = fmt::format("zone {}\n", update.zone.text());
    for (const auto& p : update.prerequisites) {
        if (p.kind == Kind::absent)
            out += fmt::format("prereq nxrrset {} {}\n", p.rrset.owner.text(), dns::to_string(p.rrset.type));
        for (const auto& rdata : p.rrset.rdata)
            out += "prereq yxrrset " + quoted(p.rrset.owner, p.rrset.type, rdata) + "\n";
    }
    for (const auto& [owner, type] : update.remove_sets)
        out += fmt::format("update delete {} {}\n", owner.text(), dns::to_string(type));
    for (const auto& r : update.remove) out += "update delete " + quoted(r.owner, r.type, r.rdata) + "\n";
    for (const auto& r : update.add)
        out += fmt::format("update add {} {} {} {}\n", r.owner.text(), r.ttl, dns::to_string(r.type),
                           dns::rdata_text(r.type, r.rdata));
    return out + "send\n";
}

// Whole or not at all, also when the machine stops.
Expected<void> write_whole(const std::filesystem::path& path, const std::string& text) {
    const std::string part = path.string() + ".part";
    const int fd = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    const bool written =
        fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
    if (fd >= 0) ::close(fd);
    std::error_code error;
    if (written) std::filesystem::rename(part, path, error);
    if (written && !error) return {};
    return fail(ErrorKind::internal, "the file cannot be written", path.string(),
                "give this process the right to write there, and room on the disk");
}

} // namespace

Expected<accept::Registry> UpdateRegistry::read_with(const Name& child, std::span<const Name> hosts) {
    std::vector<model::RrChange> wanted{question(child, Type::NS), question(child, Type::DS)};
    const auto first = port::read_sets(ports_.dns, settings_.primary(), wanted);
    const auto silent = [&](Type type) {
        return fail(ErrorKind::unreachable,
                    fmt::format("{} does not tell the {} of {}", settings_.primary().text(), dns::to_string(type),
                                child.text()),
                    name(), "it must be a server of the parent zone");
    };
    if (!first[0]) return silent(Type::NS);
    if (!first[1]) return silent(Type::DS);
    accept::Registry out;
    for (const auto& rdata : first[0]->rdata)
        if (auto ns = dns::ns_target(rdata)) out.ns.push_back(*std::move(ns));
    for (const auto& rdata : first[1]->rdata)
        if (auto ds = dnssec::parse_ds(rdata)) out.ds.push_back(*std::move(ds));
    // A first DS has the TTL of the delegation (RFC 4035 2.4).
    if (!out.ns.empty()) out.ds_ttl = out.ds.empty() ? first[0]->ttl : first[1]->ttl;
    std::vector<Name> names(hosts.begin(), hosts.end());
    for (const auto& ns : out.ns)
        if (ns.is_at_or_below(child) && std::ranges::find(names, ns) == names.end()) names.push_back(ns);
    wanted.clear();
    for (const auto& n : names)
        for (const auto type : {Type::A, Type::AAAA}) wanted.push_back(question(n, type));
    const auto sets = port::read_sets(ports_.dns, settings_.primary(), wanted);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (!sets[i]) continue; // below a delegation: there is no glue of this type
        for (const auto& rdata : sets[i]->rdata) {
            if (out.glue.empty() || out.glue.back().host != wanted[i].owner) out.glue.push_back({wanted[i].owner, {}});
            out.glue.back().addresses.push_back(dns::rdata_text(wanted[i].type, rdata));
        }
    }
    return out;
}

Expected<accept::Registry> UpdateRegistry::read(const Name& child) {
    auto out = read_with(child, {});
    if (out && out->ns.empty())
        return fail(ErrorKind::not_found, fmt::format("{} is not delegated", child.text()), settings_.primary().text());
    return out;
}

dns::Update UpdateRegistry::update_for(const port::RegistryChange& change, const accept::Registry& now) const {
    const auto records = to_records(change.child, change.change, now, now.ds_ttl);
    std::vector<std::optional<dns::RrSet>> served(records.size());
    auto update = port::to_update(parent_zone(settings_, change.child), records, served, {});
    if (!change.change.ds_ttl) return update;
    // An RRset has one TTL (RFC 2181 5.2): for a new one all of it is written anew.
    std::erase_if(update.remove, [](const dns::Record& r) { return r.type == Type::DS; });
    std::erase_if(update.add, [](const dns::Record& r) { return r.type == Type::DS; });
    update.remove_sets.emplace_back(change.child, Type::DS);
    for (const auto& ds : after(now, change.change).ds)
        update.add.push_back({change.child, Type::DS, *change.change.ds_ttl, ds.rdata()});
    return update;
}

Expected<Submission> UpdateRegistry::apply(const port::RegistryChange& change) {
    const auto now = read_with(change.child, hosts_of(change.change));
    if (!now) return std::unexpected(now.error());
    if (reached(*now, change.change, true))
        return Submission{Submission::State::already, "", "the zone has: " + in_words(change.change)};
    if (const auto same = check_expected(*now, change); !same) return std::unexpected(same.error());
    const auto key = port::tsig_key(ports_.secrets, *settings_.tsig);
    if (!key) return std::unexpected(key.error());
    const auto sent = ports_.dns.update(settings_.primary(), update_for(change, *now), *key);
    if (sent) return Submission{Submission::State::done, "", "the primary has it"};
    // A lost reply, or somebody was quicker: what is there now decides.
    auto error = sent.error();
    error.where = fmt::format("{} ({})", name(), settings_.primary().text());
    error.seen = fmt::format("the update of {}: {}", change.child.text(), error.seen);
    if (error.kind != ErrorKind::unknown_outcome && error.kind != ErrorKind::conflict)
        return std::unexpected(std::move(error));
    const auto later = read_with(change.child, hosts_of(change.change));
    if (later && reached(*later, change.change, true))
        return Submission{Submission::State::done, "", "the primary has it"};
    return std::unexpected(std::move(error));
}

Expected<std::string> UpdateRegistry::dry_run(const port::RegistryChange& change) {
    const auto now = read_with(change.child, hosts_of(change.change));
    if (!now) return std::unexpected(now.error());
    if (reached(*now, change.change, true)) return "nothing: the zone has it already";
    if (const auto same = check_expected(*now, change); !same) return "nothing: " + same.error().text();
    return script(update_for(change, *now));
}

// Names are octets: what is not plain in them must not lead out of the folder.
std::filesystem::path FileRegistry::file(const Name& child, const char* ending) const {
    std::string out;
    for (const char c : child.text())
        out += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_'
                   ? std::string(1, c)
                   : fmt::format("%{:02x}", static_cast<unsigned char>(c));
    return std::filesystem::path{settings_.directory} / (out + ending);
}

Expected<Submission> FileRegistry::apply(const port::RegistryChange& change) {
    const auto now = read_with(change.child, hosts_of(change.change));
    if (!now) return std::unexpected(now.error());
    const auto commands = file(change.child, "nsupdate"), zone = file(change.child, "zone");
    if (reached(*now, change.change, true)) {
        std::error_code ignored;
        std::filesystem::remove(commands, ignored);
        std::filesystem::remove(zone, ignored);
        return Submission{Submission::State::already, "", "the zone has: " + in_words(change.change)};
    }
    if (const auto same = check_expected(*now, change); !same) return std::unexpected(same.error());
    const auto will = after(*now, change.change);
    std::string lines = fmt::format("; {}: {}\n", change.child.text(), in_words(change.change));
    for (const auto& ns : will.ns)
        lines += dns::to_text({change.child, Type::NS, now->ds_ttl, dns::ns_rdata(ns)}) + "\n";
    for (const auto& ds : will.ds) lines += dns::to_text({change.child, Type::DS, will.ds_ttl, ds.rdata()}) + "\n";
    for (const auto& g : will.glue)
        for (const auto& a : g.addresses)
            lines += fmt::format("{} {} IN {} {}\n", g.host.text(), now->ds_ttl, a.contains(':') ? "AAAA" : "A", a);
    if (auto written = write_whole(zone, lines); !written) return std::unexpected(std::move(written.error()));
    const auto text =
        fmt::format("; {}: {}\n{}", change.child.text(), in_words(change.change), script(update_for(change, *now)));
    if (auto written = write_whole(commands, text); !written) return std::unexpected(std::move(written.error()));
    return Submission{Submission::State::pending, "", "written for review: " + commands.string()};
}

} // namespace tutti::parent
