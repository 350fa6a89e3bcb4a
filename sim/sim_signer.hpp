#pragma once
// A simulated signer: it serves a zone with its own keys, rolls them by its own timing (RFC 7583), and takes orders.
#include "sim/scenario.hpp"
#include "sim/sim_parent.hpp"
#include "sim/write.hpp"

#include <deque>

namespace tutti::sim {

struct OwnKeys {
    KeyBits seps; // KSK, or CSK
    KeyBits data; // ZSK, or the same CSK
    KeyBits all() const { return seps | data; }
};
OwnKeys make_own_keys(KeyRing& keys, int signer, const SignerSpec& spec, std::uint8_t algorithm);

class SimSigner {
  public:
    SimSigner(int index, const SignerSpec& spec, KeyRing& keys, const OwnKeys& own, Instant since,
              const ZoneContent& first);

    const SignerSpec& spec() const { return spec_; }
    const Served<ZoneContent>& served() const { return served_; }
    Served<ZoneContent>& served() { return served_; }
    KeyBits own() const { return own_; }
    // It serves a DNSKEY RRset that another has signed; its own KSK is of no use then.
    bool copies() const { return copies_; }
    void begin_as_copy() { copies_ = true; }
    // What its interface tells of its keys: all of them, published or not.
    KeyBits offered() const { return own_ - forgotten_; }
    const OwnKeys& active() const { return active_; }
    // What its operator does by hand: a new key, in no RRset yet; other content.
    int make_key(bool sep, std::uint8_t algorithm);
    void put(Instant t, const ZoneContent& c);

    Expected<void> apply(Instant t, const Write& write);
    // Rollovers queue up: one at a time.
    void roll_zsk(Instant t, Duration use_after, Duration retire_after);
    // `algorithm`: of the new key alone, which is a mistake: its ZSK does not sign with it.
    void roll_ksk(Instant t, Duration use_after, Duration retire_after, std::optional<std::uint8_t> algorithm);
    void roll_algorithm(Instant t, Duration use_after, std::uint8_t algorithm);
    void lose_keys(Instant t);
    void sign(Instant t, bool on);
    void set_ttl(Instant t, std::optional<std::uint32_t> dnskey, std::optional<std::uint32_t> ns,
                 std::optional<std::uint32_t> data);

    Instant wake() const;
    void run(Instant t, const SimParent& parent);
    bool quiet(Instant t) const { return rolls_.empty() && own_cds_at_ == kNever && served_.settled() <= t; }

  private:
    struct Roll {
        enum class Kind { zsk, ksk, csk, algorithm } kind;
        Duration use_after, retire_after;
        std::optional<std::uint8_t> algorithm; // of the new keys; absent: as before
        int stage = 0;
        Instant started{}, next{};
        Instant known{}; // no cache holds a DNSKEY RRset without the new key any more
        OwnKeys before{}, after{};
    };
    std::uint8_t algorithm_of(KeyBits keys) const { return keys_.key(*keys.begin()).dnskey.algorithm; }
    Expected<void> copy(Instant t, const Write& w);
    Expected<void> put_rest(Instant t, ZoneContent c, const Write& w);
    void enqueue(Instant t, Roll roll);
    void step(Roll& roll, Instant t, const SimParent& parent);
    void step_zsk(Roll& roll, Instant t);
    void step_ksk(Roll& roll, Instant t, const SimParent& parent);
    void step_csk(Roll& roll, Instant t, const SimParent& parent);
    void step_algorithm(Roll& roll, Instant t, const SimParent& parent);
    void finish(Roll& roll) { roll.next = kNever; }

    void add_key(ZoneContent& c, KeyBits keys, KeyBits signing) const;
    void drop_key(ZoneContent& c, KeyBits keys);
    void sign_with(ZoneContent& c, KeyBits keys);
    void look_at_own_cds(Instant t);
    Duration slowest() const;
    Duration life(Instant t, std::uint32_t ZoneContent::* ttl) const {
        return std::chrono::seconds(served_.longest_ttl(t, ttl));
    }
    bool in_use_at(const SimParent& parent, KeyBits seps, Instant t) const;
    Duration watch(const SimParent& parent, Instant t) const;

    SignerSpec spec_;
    int index_;
    KeyRing& keys_;
    KeyBits own_, retiring_; // retiring: no longer in its own CDS
    KeyBits forgotten_;      // deleted: they were its own
    bool copies_ = false;
    OwnKeys active_;
    Served<ZoneContent> served_;
    std::deque<Roll> rolls_;
    Instant own_cds_at_ = kNever, last_write_ = kLongAgo;
    Instant signed_with_ = kNever; // while it is signing with another key: when it will be through
};

} // namespace tutti::sim
