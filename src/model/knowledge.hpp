#pragma once
// All that is known about one zone: the tracks, and what each signer and the parent can do. The planner's input and
// the store's content. Keys, signers and NS names are numbered within the zone.
#include "base/bits.hpp"
#include "dnssec/keys.hpp"
#include "model/track.hpp"

#include <map>
#include <optional>

namespace tutti::model {

using KeySet = Bits<struct KeyTagged>;
using SignerSet = Bits<struct SignerTagged>;
using NameSet = Bits<struct NameTagged>;

inline constexpr int kNobody = -1;

// A key known by its DNSKEY, or only by a DS at the parent that matches no DNSKEY seen so far.
struct Key {
    std::optional<dnssec::Dnskey> dnskey;
    std::vector<dnssec::Ds> ds; // digests seen at the parent or in a CDS
    dnssec::KeyTag tag = 0;
    std::uint8_t algorithm = 0;
    bool sep = false;
    int owner = kNobody;     // the signer that signs, or can sign, with it
    bool signs_keys = false; // has been seen to sign a DNSKEY RRset
    bool signs_data = false; // has been seen to sign other data
    Instant first_seen = kLongAgo;
    bool operator==(const Key&) const = default;
};

struct DnskeySet {
    KeySet keys;
    KeySet signed_by; // those that validly sign the RRset
    bool operator==(const DnskeySet&) const = default;
};

struct CdsSet {
    KeySet cds, cdnskey;       // keys named by each
    bool wants_delete = false; // RFC 8078 section 4
    bool empty() const { return cds.empty() && cdnskey.empty() && !wants_delete; }
    KeySet named() const { return cds | cdnskey; }
    bool operator==(const CdsSet&) const = default;
};

struct Data {
    KeySet keys;           // keys that sign zone data
    bool complete = false; // all of the zone was read (AXFR or API), not only samples
    // The different sets of keys that sign one RRset together, none within another; any key of a set will do for it.
    // Empty: each key stands alone.
    std::vector<KeySet> together;
    bool operator==(const Data&) const = default;
};

// What a signer can do, with the reason for each no.
enum class Can { yes, no, unknown };
struct Capability {
    Can can = Can::unknown;
    std::string why;
    bool operator==(const Capability&) const = default;
};
struct Capabilities {
    Capability foreign_dnskey, foreign_sep, cds, csync, apex_ns;
    Capability signed_dnskey; // serves a DNSKEY RRset that another signer has signed

    bool publishes_own_cds = false; // on its own, whenever it likes (BIND, Knot)
    std::optional<dns::Ttl> dnskey_ttl_fixed;
    bool operator==(const Capabilities&) const = default;
};

// What was said when we were not let in; empty where we were.
struct Shut {
    std::string read, write;
    bool operator==(const Shut&) const = default;
};

struct Signer {
    std::string name;
    NameSet ns; // the NS names that it contributes
    Capabilities can;
    Track<DnskeySet> dnskey;
    Track<Data> data;
    Track<NameSet> ns_child;
    Track<CdsSet> cds;
    Track<bool> csync; // an immediate CSYNC for NS is published
    KeySet offered; // what its own interface said last of the keys that are its own, published or not; empty: nothing
    KeySet ledger;  // foreign keys that we added here: the only ones that we may remove
    Instant declared_dead = kNever; // the operator said that it serves nobody any more since then
    std::string problem; // what keeps it from being usable at all (unsigned, refused, clock off); empty if fine
    std::string remedy;
    Shut shut{};
    bool operator==(const Signer&) const = default;
};

enum class ParentMode { direct, cds, manual };

struct Parent {
    std::string name;
    ParentMode mode = ParentMode::direct;
    bool reads_cds = false; // acts on CDS/CSYNC of the children (mode cds; others when so configured)
    Track<KeySet> ds;
    Track<NameSet> ns;
    std::vector<std::uint8_t> digest_types{2};
    std::string problem, remedy;
    Shut shut{};
    bool operator==(const Parent&) const = default;
};

struct NsName {
    dns::Name name;
    int signer = kNobody; // kNobody: in the delegation, but of no configured signer
    bool operator==(const NsName&) const = default;
};

struct Knowledge {
    dns::Name zone;
    std::vector<Key> keys;
    std::vector<Signer> signers;
    std::vector<NsName> ns_names;
    Parent parent;

    const Signer* find_signer(std::string_view name) const {
        for (const auto& s : signers)
            if (s.name == name) return &s;
        return nullptr;
    }
    int signer_index(std::string_view name) const {
        for (std::size_t i = 0; i < signers.size(); ++i)
            if (signers[i].name == name) return static_cast<int>(i);
        return kNobody;
    }
    bool operator==(const Knowledge&) const = default;
};

// "blue/4711": owner and tag; collisions get a suffix. For people only.
std::string key_label(const Knowledge& k, int key);
std::string key_labels(const Knowledge& k, KeySet keys); // "blue/4711 green/815"; "none"
std::string name_labels(const Knowledge& k, NameSet names);

} // namespace tutti::model
