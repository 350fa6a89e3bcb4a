#pragma once
// For tests: keys and signatures made by ldns, so that what is verified was not made by the code under test.
#include "dns/ldns_ptr.hpp"
#include "dnssec/verify.hpp"

#include <stdexcept>

namespace tutti::dnssec::testing {

class TestSigner {
  public:
    TestSigner(const dns::Name& zone, std::uint8_t algorithm, std::uint16_t flags = 257, std::uint16_t bits = 1024)
        : zone_(zone), keys_(ldns_key_list_new()) {
        ldns_key* key = ldns_key_new_frm_algorithm(static_cast<ldns_signing_algorithm>(algorithm), bits);
        if (key == nullptr) throw std::runtime_error("ldns cannot make a key of this algorithm");
        ldns_key_set_pubkey_owner(key, ldns_dname_new_frm_str(zone.text().c_str()));
        ldns_key_set_flags(key, flags);
        ldns_key_list_push_key(keys_.get(), key);
        const dns::LdnsRr rr{ldns_key2rr(key)};
        ldns_key_set_keytag(key, ldns_calc_keytag(rr.get()));
        key_ = parse_dnskey(rdata_of(rr.get())).value();
    }

    const Dnskey& key() const { return key_; }

    // The RRSIG RDATA over the set.
    dns::Rdata sign(const dns::RrSet& set, Instant inception, Instant expiration) const {
        ldns_key* key = ldns_key_list_key(keys_.get(), 0);
        ldns_key_set_inception(key, unix32(inception));
        ldns_key_set_expiration(key, unix32(expiration));
        const dns::LdnsRrList list{ldns_rr_list_new()};
        for (const auto& rdata : set.rdata) {
            dns::LdnsRr rr = dns::to_ldns(set.type, rdata);
            ldns_rr_set_owner(rr.get(), ldns_dname_new_frm_str(set.owner.text().c_str()));
            ldns_rr_set_class(rr.get(), LDNS_RR_CLASS_IN);
            ldns_rr_set_ttl(rr.get(), set.ttl);
            ldns_rr_list_push_rr(list.get(), rr.release());
        }
        const dns::LdnsRrList sigs{ldns_sign_public(list.get(), keys_.get())};
        if (!sigs || ldns_rr_list_rr_count(sigs.get()) != 1) throw std::runtime_error("ldns did not sign");
        return rdata_of(ldns_rr_list_rr(sigs.get(), 0));
    }

  private:
    static std::uint32_t unix32(Instant t) { return static_cast<std::uint32_t>(to_seconds(t)); }
    static dns::Rdata rdata_of(const ldns_rr* rr) {
        const dns::LdnsBuffer buffer{ldns_buffer_new(512)};
        if (ldns_rr_rdata2buffer_wire(buffer.get(), rr) != LDNS_STATUS_OK) throw std::runtime_error("no RDATA");
        return {reinterpret_cast<const char*>(ldns_buffer_begin(buffer.get())), ldns_buffer_position(buffer.get())};
    }

    dns::Name zone_;
    std::unique_ptr<ldns_key_list, dns::LdnsFree<ldns_key_list_free>> keys_;
    Dnskey key_;
};

} // namespace tutti::dnssec::testing
