#pragma once
// One judgement under way, and its steps. For the files of this folder that judge.
//
// A step returns true to go on; false means that it has decided (the verdict is in Case::out).
#include "accept/judge.hpp"
#include "accept/verifier.hpp"

#include <set>
#include <span>

namespace tutti::accept {

bool heard(const Answer& answer); // records, NODATA, NXDOMAIN: an answer, whatever it says

struct Case;

// What one address said of CDS, CDNSKEY and DNSKEY, taken apart.
struct Reading {
    const Testimony* said = nullptr;
    std::string place;
    std::vector<dnssec::Ds> cds;
    std::vector<dnssec::Dnskey> cdnskey, dnskey;
    std::set<std::string> keys; // which keys CDS and CDNSKEY name: see refer() in consistency.cpp

    bool wants_delete() const;
    std::vector<bool> ds_keys(const Case& c) const; // which of dnskey a DS at the parent refers to
    bool silent() const { return cds.empty() && cdnskey.empty(); }
};

// A server, or an address of it, that did not say what was asked.
struct Failure {
    std::string place, why;
    bool lame = false;
};

// What the child wants, once all its servers agree.
struct Want {
    bool remove = false;
    std::vector<dnssec::Ds> ds;
};

struct Case {
    const Evidence& e;
    const Registry& r;
    const Policy& p;
    Instant now;
    Verifier& v;
    Verdict out;

    std::vector<Reading> readings;      // of addresses of the delegation that said anything
    std::vector<const Reading*> whole;  // those that answered everything
    std::vector<Failure> failures;      // the others
    std::vector<std::string> forbidden; // addresses that were not contacted
    std::string incomplete;             // what the evidence should hold and does not
    Want want;
    std::optional<Instant> inception; // the oldest over all answers that the verdict rests on
    std::vector<KeyAge> by_key;       // the same, key by key

    bool decide(Decision decision, std::string_view code, std::vector<std::string> servers, std::string text);
    bool reject(std::string_view code, std::vector<std::string> servers, std::string text) {
        return decide(Decision::reject, code, std::move(servers), std::move(text));
    }
    // Retries while the back-off of the policy has times left; rejects after that (R6, R7).
    bool retry_or_reject(std::string_view code, std::vector<std::string> servers, std::string text);
    void remark(Reason::Weight weight, std::string_view code, std::vector<std::string> servers, std::string text);
    bool attempts_left() const;
    bool secure() const { return !r.ds.empty(); }
    void rests_on(const dnssec::Dnskey& key, Instant sig_inception);
    // Is this older than what was acted on before (R27)?
    bool older_than(const std::vector<KeyAge>& by_key, Instant oldest) const;
};

// ---- steps, each in the file of its subject ----

bool within_limits(Case& c); // limits.cpp: R71
bool fresh(Case& c);         // roll.cpp: the evidence is of now (R70)
bool take_roll(Case& c);     // roll.cpp: who was asked, who answered (R1, R2, R11, R72)
// roll.cpp: servers that failed: retry, veto, leave them out, or (bootstrap) end (R6, R9).
bool settle_failures(Case& c);
bool well_formed(Case& c);                                    // content.cpp: R15, R16, R17, R20
bool status_quo(Case& c);                                     // consistency.cpp: R8, R12, R21, R44
bool consistent(Case& c);                                     // consistency.cpp: R7, R13, R14, R16
bool make_want(Case& c);                                      // content.cpp: R14, R18, R19, R20, R26
bool open_to_change(Case& c);                                 // gates.cpp: R43, R68
bool signed_by_ds_keys(Case& c);                              // authenticity.cpp: R22, R23
bool signed_by_own_keys(Case& c);                             // authenticity.cpp: for a bootstrap
bool newer_than_last(Case& c);                                // authenticity.cpp: R27
bool continuous(Case& c);                                     // continuity.cpp: R24, R25
bool may_bootstrap(Case& c);                                  // bootstrap.cpp: R30 to R41
bool judge_csync(Case& c);                                    // csync.cpp: R45 to R50, R54, R55
bool csync_change(Case& c, std::span<const dns::Type> types); // csync_data.cpp: R51 to R54
bool csync_servers(Case& c, std::span<const dns::Name> ns, std::span<const Glue> glue); // csync_servers.cpp: R53
// One answer of one server, validated in its zone. authenticity.cpp
bool dnskey_holds(Case& c, const Reading& r);
bool validated(Case& c, const Reading& r, const Answer& a, bool counts_for_age);
bool denied(Case& c, const Reading& r, const Answer& a, const dns::Name& name, dns::Type type);
void set_ds_change(Case& c); // change.cpp: R21, R56
void write_records(Case& c); // report.cpp: R10, R63
void write_report(Case& c);  // report.cpp: R64, R67

// ---- words and small things ----

std::vector<dnssec::Dnskey> keys_of(const Answer& answer); // those that can be read
std::string joined(std::span<const std::string> texts, std::string_view between = ", ");
std::string failure_words(const Answer& answer);
std::string ds_words(const dnssec::Ds& ds); // "4711 (ECDSAP256SHA256)"
std::string keys_words(const Reading& reading);
bool is_usable(const dnssec::Dnskey& key);                  // zone key, protocol 3, not revoked
std::vector<dnssec::Ds> sorted(std::vector<dnssec::Ds> ds); // without doubles
// The DS set that this one server asks for under the policy, whatever others say; nothing that cannot be used.
std::vector<dnssec::Ds> wanted_from(const dns::Name& child, const std::vector<dnssec::Ds>& cds,
                                    const std::vector<dnssec::Dnskey>& cdnskey, const Policy& policy);
// The current DS already say what these keys say: each key has a DS, each DS a key (compared by key, not by digest).
bool same_keys(const dns::Name& child, const std::vector<dnssec::Ds>& ds, const std::vector<dnssec::Dnskey>& keys);

} // namespace tutti::accept
