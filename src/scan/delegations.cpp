#include "scan/delegations.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <tuple>

namespace tutti::scan {

namespace {

constexpr std::size_t kSharedSet = 63; // hosts; larger sets are not looked for among the others

} // namespace

void Delegations::add_ns(const dns::Name& child, const dns::Name& host) {
    if (zone_ && (child == *zone_ || !child.is_at_or_below(*zone_))) return;
    ns_.push_back({names_.add(child.wire()), hosts_.add(host.wire())});
}

void Delegations::add_ds(const dns::Name& child, std::string_view rdata) {
    if (rdata.size() > 255) return; // no digest is that long: what cannot be compared is no DS of ours
    ds_.push_back({names_.add(child.wire()), static_cast<std::uint32_t>(ds_octets_.size())});
    ds_octets_.push_back(static_cast<char>(rdata.size()));
    ds_octets_.append(rdata);
}

void Delegations::add_address(const dns::Name& host, std::string_view address) {
    Address a{hosts_.add(host.wire()), 4, {}};
    const std::string text{address};
    if (inet_pton(AF_INET, text.c_str(), a.octets) != 1) {
        if (inet_pton(AF_INET6, text.c_str(), a.octets) != 1) return;
        a.size = 16;
    }
    addresses_.push_back(a);
}

Expected<void> Delegations::add(const dns::Record& record) {
    switch (record.type) {
    case dns::Type::NS: {
        const auto target = dns::ns_target(record.rdata);
        if (!target) return std::unexpected(target.error());
        add_ns(record.owner, *target);
        return {};
    }
    case dns::Type::DS:
        add_ds(record.owner, record.rdata);
        return {};
    case dns::Type::A:
    case dns::Type::AAAA:
        add_address(record.owner, dns::rdata_text(record.type, record.rdata));
        return {};
    case dns::Type::SOA:
        if (const auto soa = dns::parse_soa(record.rdata); soa && zone_ && record.owner == *zone_)
            serial_ = soa->serial;
        return {};
    default:
        return {};
    }
}

// Names below another child are that child's affair.
bool Delegations::is_child(std::uint32_t name, const std::vector<bool>& has_ns) const {
    if (!has_ns[name]) return false;
    if (!zone_) return true;
    std::string_view wire = names_.at(name);
    for (;;) {
        wire.remove_prefix(1U + static_cast<unsigned char>(wire[0]));
        if (wire.size() <= zone_->wire().size()) return true;
        const std::uint32_t above = names_.find(wire);
        if (above != kNoName && has_ns[above]) return false;
    }
}

NsSetId Delegations::intern_set(std::span<const Link> links) {
    std::array<std::uint32_t, kSharedSet> hosts{};
    if (links.size() <= kSharedSet) {
        std::ranges::transform(links, hosts.begin(), &Link::to);
        const auto before = sets_.size();
        const auto id = sets_.add({reinterpret_cast<const char*>(hosts.data()), links.size() * sizeof hosts[0]});
        if (id != before) return id;
    } else { // keeps the numbers of both tables alike
        const std::uint64_t unique = std::uint64_t{1} << 63 | sets_.size();
        sets_.add({reinterpret_cast<const char*>(&unique), sizeof unique});
    }
    for (const auto& link : links) set_hosts_.push_back(link.to);
    set_starts_.push_back(static_cast<std::uint32_t>(set_hosts_.size()));
    return static_cast<NsSetId>(set_starts_.size() - 2);
}

void Delegations::seal_ds(const std::vector<std::uint32_t>& child_of) {
    for (auto& link : ds_) link.from = child_of[link.from];
    left_out_ += static_cast<std::uint32_t>(std::ranges::count(ds_, kNoName, &Link::from));
    std::erase_if(ds_, [](const Link& link) { return link.from == kNoName; });
    std::ranges::sort(ds_);
    ds_starts_.assign(children_.size() + 1, 0);
    for (const auto& link : ds_) {
        ++ds_starts_[link.from + 1];
        ds_places_.push_back(link.to);
    }
    for (std::size_t i = 1; i < ds_starts_.size(); ++i) ds_starts_[i] += ds_starts_[i - 1];
    ds_ = {};
}

void Delegations::seal() {
    std::vector<bool> has_ns(names_.size());
    for (const auto& link : ns_) has_ns[link.from] = true;
    std::ranges::sort(ns_);
    ns_.erase(std::ranges::unique(ns_).begin(), ns_.end());
    std::vector<std::uint32_t> child_of(names_.size(), kNoName);
    for (std::size_t i = 0; i < ns_.size();) {
        std::size_t end = i;
        while (end < ns_.size() && ns_[end].from == ns_[i].from) ++end;
        if (is_child(ns_[i].from, has_ns)) {
            child_of[ns_[i].from] = size();
            children_.push_back({ns_[i].from, intern_set({&ns_[i], end - i})});
        } else {
            ++left_out_;
        }
        i = end;
    }
    ns_ = {};
    seal_ds(child_of);
    std::ranges::stable_sort(addresses_, {}, &Address::host);
}

std::string_view Delegations::ds(ChildId child, std::uint32_t i) const {
    const char* p = ds_octets_.data() + ds_places_[ds_starts_[child] + i];
    return {p + 1, static_cast<unsigned char>(*p)};
}

std::vector<std::string> Delegations::glue(HostId host) const {
    std::vector<std::string> out;
    for (const auto& a : std::ranges::equal_range(addresses_, host, {}, &Address::host)) {
        std::array<char, INET6_ADDRSTRLEN> text{};
        inet_ntop(a.size == 4 ? AF_INET : AF_INET6, a.octets, text.data(), text.size());
        if (std::ranges::find(out, text.data()) == out.end()) out.emplace_back(text.data());
    }
    return out;
}

accept::Registry Delegations::registry(ChildId child) const {
    accept::Registry out;
    for (const HostId host : hosts_of(ns_set(child))) {
        out.ns.push_back(dns::Name::from_wire(host_name(host)).value());
        if (auto addresses = glue(host); !addresses.empty()) out.glue.push_back({out.ns.back(), std::move(addresses)});
    }
    for (std::uint32_t i = 0; i < ds_count(child); ++i)
        if (auto parsed = dnssec::parse_ds(dns::Rdata{ds(child, i)}); parsed) out.ds.push_back(std::move(*parsed));
    return out;
}

std::size_t Delegations::octets() const {
    return names_.octets() + hosts_.octets() + sets_.octets() + children_.capacity() * sizeof(Child) +
           (set_starts_.capacity() + set_hosts_.capacity() + ds_starts_.capacity() + ds_places_.capacity()) *
               sizeof(std::uint32_t) +
           ds_octets_.capacity() + addresses_.capacity() * sizeof(Address);
}

} // namespace tutti::scan
