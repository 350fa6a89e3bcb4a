#pragma once
// What the brands of name servers really do with changes, as data; and the sentences that explain it when it happens.
// A success code proves nothing: each of these answers NOERROR to some changes that it then ignores.
#include "model/change.hpp"
#include "model/knowledge.hpp"
#include "port/settings.hpp"

#include <span>
#include <string>
#include <string_view>

namespace tutti::signer {

enum class Software { unknown, bind, knot, powerdns };
// "bind", "knot", "powerdns" as in the configuration; anything else is unknown.
Software software_named(std::string_view word);
// From the text of version.bind: "9.18.49-1~deb12u1-Debian", "Knot DNS 3.2.6", "PowerDNS Authoritative Server 4.7.3".
Software software_of_version(std::string_view version);

// One way in which a change can come to nothing, and what the operator does about it.
struct Cause {
    std::string_view meaning, remedy;
};

struct Quirks {
    Software software;
    std::string_view name;
    model::Can foreign_dnskey; // what can be said before anything was written
    std::string_view foreign_why;
    bool publishes_own_cds; // on its own, whenever it likes
    // RRsets that it changes by itself at any time, or that its database does not hold as served: no preconditions.
    std::span<const dns::Type> restless;
    std::string_view no_signatures;                // why it cannot serve a DNSKEY RRset that another signer has signed
    Cause silent_dnskey, silent_cds, silent_other; // NOERROR, and nothing changed
    Cause kept_dnskey, kept_cds;                   // NOERROR, and what was to be removed is still there
    Cause servfail, refused;                       // to an update of DNSKEY; to any
    Cause not_as_served;                           // preconditions fail although what they ask for is served
};
const Quirks& quirks_of(Software software);

// The capabilities of such a server; what the configuration says goes first.
model::Capabilities capabilities(const Quirks& quirks, const port::QuirkOverrides& overrides);

// The server reported success. What of `asked` does not show in `served`, and why; empty if all is there.
// "Knot answered NOERROR, but 127.0.1.2 serves no DNSKEY 4711: dnskey-management is probably 'full'"
struct Unseen {
    std::string text, remedy;
    bool nothing_done = false; // not one record of this change is there
    bool empty() const { return text.empty(); }
};
Unseen explain_unseen(const Quirks& quirks, const model::RrChange& asked, const dns::RrSet& served,
                      std::string_view address);

} // namespace tutti::signer
