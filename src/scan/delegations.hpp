#pragma once
// The delegations of a parent zone, millions of them, packed: names once, sets of servers once.
#include "accept/registry.hpp"
#include "scan/name_table.hpp"

#include <optional>
#include <span>

namespace tutti::scan {

using ChildId = std::uint32_t;
using HostId = std::uint32_t;
using NsSetId = std::uint32_t;

class Delegations {
  public:
    // Filled in any order; only names below `zone` count as children of it, and those below a child are its own affair.
    // Without a zone every name with NS is a child.
    void set_zone(const dns::Name& zone) { zone_ = zone; }
    void set_serial(std::uint32_t serial) { serial_ = serial; }
    void add_ns(const dns::Name& child, const dns::Name& host);
    void add_ds(const dns::Name& child, std::string_view rdata);
    // The literal of an A or AAAA record.
    void add_address(const dns::Name& host, std::string_view address);
    // NS, DS, A, AAAA and the SOA of the zone; others are left alone.
    Expected<void> add(const dns::Record& record);
    // After the last one, before the first question below.
    void seal();

    const std::optional<dns::Name>& zone() const { return zone_; }
    std::optional<std::uint32_t> serial() const { return serial_; }
    std::uint32_t size() const { return static_cast<std::uint32_t>(children_.size()); }
    std::string_view name(ChildId child) const { return names_.at(children_[child].name); } // wire form
    NsSetId ns_set(ChildId child) const { return children_[child].ns_set; }
    std::span<const HostId> hosts_of(NsSetId set) const {
        return {set_hosts_.data() + set_starts_[set], set_hosts_.data() + set_starts_[set + 1]};
    }
    // RDATA of the i-th DS.
    std::uint32_t ds_count(ChildId child) const { return ds_starts_[child + 1] - ds_starts_[child]; }
    std::string_view ds(ChildId child, std::uint32_t i) const;
    std::string_view host_name(HostId host) const { return hosts_.at(host); }
    std::vector<std::string> glue(HostId host) const;
    std::uint32_t host_count() const { return hosts_.size(); }
    std::uint32_t left_out() const { return left_out_; } // names with DS but without NS, or below a child

    // As a registry would tell it.
    accept::Registry registry(ChildId child) const;
    std::size_t octets() const;

  private:
    struct Child {
        std::uint32_t name;
        NsSetId ns_set;
    };
    struct Link {
        std::uint32_t from, to;
        auto operator<=>(const Link&) const = default;
    };
    struct Address {
        HostId host;
        std::uint8_t size;
        char octets[16];
    };
    bool is_child(std::uint32_t name, const std::vector<bool>& has_ns) const;
    NsSetId intern_set(std::span<const Link> links);
    void seal_ds(const std::vector<std::uint32_t>& child_of);

    std::optional<dns::Name> zone_;
    std::optional<std::uint32_t> serial_;
    NameTable names_, hosts_, sets_; // sets_: the hosts' numbers as octets
    std::vector<Link> ns_, ds_;      // name to host; name to the start of its RDATA: until seal()
    std::vector<Child> children_;
    std::vector<std::uint32_t> set_starts_{0}, set_hosts_, ds_starts_, ds_places_;
    std::string ds_octets_; // length, RDATA
    std::vector<Address> addresses_;
    std::uint32_t left_out_ = 0;
};

} // namespace tutti::scan
