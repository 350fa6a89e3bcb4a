#include "sim/sim_signer.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::sim {

OwnKeys make_own_keys(KeyRing& keys, int signer, const SignerSpec& spec, std::uint8_t algorithm) {
    OwnKeys own;
    own.seps.add(keys.make(signer, spec.name, true, algorithm));
    if (spec.csk)
        own.data = own.seps;
    else
        own.data.add(keys.make(signer, spec.name, false, algorithm));
    return own;
}

SimSigner::SimSigner(int index, const SignerSpec& spec, KeyRing& keys, const OwnKeys& own, Instant since,
                     const ZoneContent& first)
    : spec_(spec), index_(index), keys_(keys), own_(own.all()), active_(own), served_(spec.server_lag, since, first) {
    look_at_own_cds(since);
}

int SimSigner::make_key(bool sep, std::uint8_t algorithm) {
    const int key = keys_.make(index_, spec_.name, sep, algorithm);
    own_.add(key);
    return key;
}

// --- orders ---

Expected<void> SimSigner::apply(Instant t, const Write& w) {
    if (t < last_write_ + spec_.throttle)
        return fail(ErrorKind::throttled,
                    fmt::format("{} takes one change every {}", spec_.name, human(spec_.throttle)));
    last_write_ = t;
    ZoneContent c = served_.primary();
    if (w.expect_keys && *w.expect_keys != c.keys)
        return fail(ErrorKind::conflict, fmt::format("{} serves another DNSKEY RRset than expected", spec_.name));
    if (w.expect_names && *w.expect_names != c.ns)
        return fail(ErrorKind::conflict, fmt::format("{} serves another NS RRset than expected", spec_.name));
    if (w.strange) return fail(ErrorKind::invalid, "the order holds records that nobody made");
    if (w.signed_by) return copy(t, w);
    KeyBits add = w.add_keys - own_;
    if (spec_.foreign_sep == SignerSpec::Sep::refused && add.meets(keys_.seps()))
        return fail(ErrorKind::refused, fmt::format("{} does not publish foreign keys with the SEP flag", spec_.name));
    if (spec_.foreign_sep == SignerSpec::Sep::ignored) add = add - keys_.seps();
    c.keys = changed(c.keys, add, w.remove_keys - own_);
    if (!(add | w.remove_keys).empty()) c.dnskey_ttl = std::max(c.dnskey_ttl, spec_.ttl_floor);
    if (copies_ && !(add | w.remove_keys).empty()) c.signed_by = {}; // the signatures were for another RRset
    return put_rest(t, c, w);
}

// What an order says beside DNSKEY.
Expected<void> SimSigner::put_rest(Instant t, ZoneContent c, const Write& w) {
    const auto names = changed(c.ns, w.add_names, w.remove_names);
    if (names != c.ns) c.ns_ttl = std::max(c.ns_ttl, spec_.ttl_floor);
    c.ns = names;
    c.cds = changed(c.cds, w.add_digests, w.remove_digests);
    c.cdnskey = changed(c.cdnskey, w.add_cdnskeys, w.remove_cdnskeys);
    if (w.touches_cds) c.cds_ttl = std::max(w.cds_ttl, spec_.ttl_floor);
    if (w.csync) c.csync = *w.csync;
    if (w.asks_delete) c.asks_delete = *w.asks_delete;
    put(t, c);
    return {};
}

// The DNSKEY RRset of another, whose signatures are known to be good.
Expected<void> SimSigner::copy(Instant t, const Write& w) {
    if (!spec_.signed_dnskey)
        return fail(ErrorKind::refused, fmt::format("{} signs its DNSKEY RRset itself", spec_.name));
    ZoneContent c = served_.primary();
    c.keys = changed(c.keys, w.add_keys, w.remove_keys);
    c.signed_by = *w.signed_by;
    c.dnskey_ttl = std::max(w.dnskey_ttl, spec_.ttl_floor);
    copies_ = true;
    return put_rest(t, c, w);
}

void SimSigner::set_ttl(Instant t, std::optional<std::uint32_t> dnskey, std::optional<std::uint32_t> ns,
                        std::optional<std::uint32_t> data) {
    ZoneContent c = served_.primary();
    if (dnskey) c.dnskey_ttl = *dnskey;
    if (ns) c.ns_ttl = *ns;
    if (data) c.data_ttl = *data;
    put(t, c);
}

// It comes back as if it had never been in the group.
void SimSigner::lose_keys(Instant t) {
    rolls_.clear();
    active_ = make_own_keys(keys_, index_, spec_, algorithm_of(active_.seps));
    own_ = active_.all();
    retiring_ = {};
    copies_ = false;
    ZoneContent c = served_.primary();
    c.keys = active_.all();
    c.signed_by = active_.seps;
    c.signatures = {active_.data, active_.data};
    c.ns = keys_.names_of(index_);
    c.cds = {};
    c.cdnskey = {};
    c.csync = false;
    put(t, c);
}

// Without signatures there is no use for keys, and foreign ones go, too.
void SimSigner::sign(Instant t, bool on) {
    ZoneContent c = served_.primary();
    copies_ = false;
    c.keys = on ? c.keys | active_.all() : KeyBits{};
    c.signed_by = on ? active_.seps : KeyBits{};
    c.signatures.fill(on ? active_.data : KeyBits{});
    put(t, c);
}

// --- its own CDS ---

void SimSigner::put(Instant t, const ZoneContent& c) {
    served_.change(t, c);
    look_at_own_cds(t);
}

void SimSigner::look_at_own_cds(Instant t) {
    if (!spec_.own_cds || own_cds_at_ != kNever) return;
    const auto& c = served_.primary();
    const KeyBits wanted = (c.signed_by & active_.seps) - retiring_;
    const KeyBits gone = keys_.owned_by(index_) - wanted;
    if (!c.cds.sha256.includes(wanted) || !c.cdnskey.includes(wanted) || (c.cds.keys() | c.cdnskey).meets(gone))
        own_cds_at_ = t + spec_.own_cds_delay;
}

// --- rollovers ---

Duration SimSigner::slowest() const {
    Duration most{0};
    for (const auto& s : served_.servers()) most = std::max(most, s.lag);
    return std::min(most, Duration{std::chrono::hours(24)});
}

Duration SimSigner::watch(const SimParent& parent, Instant t) const {
    return std::clamp<Duration>(parent.ds_life(t) / 10, seconds(1), seconds(60));
}

void SimSigner::enqueue(Instant t, Roll roll) {
    roll.next = t;
    rolls_.push_back(roll);
}
void SimSigner::roll_zsk(Instant t, Duration use_after, Duration retire_after) {
    if (spec_.csk) return roll_ksk(t, use_after, retire_after, {});
    enqueue(t, {Roll::Kind::zsk, use_after, retire_after, {}});
}
void SimSigner::roll_ksk(Instant t, Duration use_after, Duration retire_after, std::optional<std::uint8_t> algorithm) {
    enqueue(t, {spec_.csk ? Roll::Kind::csk : Roll::Kind::ksk, use_after, retire_after, algorithm});
}
void SimSigner::roll_algorithm(Instant t, Duration use_after, std::uint8_t algorithm) {
    enqueue(t, {Roll::Kind::algorithm, use_after, {}, algorithm});
}

Instant SimSigner::wake() const {
    Instant t = std::min(own_cds_at_, signed_with_);
    return rolls_.empty() ? t : std::min(t, rolls_.front().next);
}

void SimSigner::run(Instant t, const SimParent& parent) {
    if (own_cds_at_ <= t) {
        own_cds_at_ = kNever;
        ZoneContent c = served_.primary();
        const KeyBits wanted = (c.signed_by & active_.seps) - retiring_;
        const KeyBits gone = keys_.owned_by(index_) - wanted;
        if (c.cds.empty() && c.cdnskey.empty()) c.cds_ttl = c.dnskey_ttl;
        c.cds = changed(c.cds, {wanted, {}}, {gone, gone});
        c.cdnskey = changed(c.cdnskey, wanted, gone);
        put(t, c);
    }
    if (signed_with_ <= t) {
        signed_with_ = kNever;
        ZoneContent c = served_.primary();
        c.signatures[1] = c.signatures[0];
        put(t, c);
    }
    if (!rolls_.empty() && rolls_.front().next <= t) {
        step(rolls_.front(), t, parent);
        if (rolls_.front().next == kNever) {
            rolls_.pop_front();
            if (!rolls_.empty()) rolls_.front().next = std::max(rolls_.front().next, t);
        }
    }
}

// Where another signs the DNSKEY RRset, a new key is only offered, and an old one no longer.
void SimSigner::add_key(ZoneContent& c, KeyBits keys, KeyBits signing) const {
    if (copies_) return;
    c.keys |= keys;
    c.signed_by |= signing;
}
void SimSigner::drop_key(ZoneContent& c, KeyBits keys) {
    forgotten_ |= keys;
    if (copies_) return;
    c.keys = c.keys - keys;
    c.signed_by = c.signed_by - keys;
}
// A KSK may be relied on when the parent names it; nobody needs one that signs nothing.
bool SimSigner::in_use_at(const SimParent& parent, KeyBits seps, Instant t) const {
    return copies_ || parent.shows(seps, t);
}
void SimSigner::sign_with(ZoneContent& c, KeyBits keys) {
    if (spec_.resign > Duration{0})
        c.signatures[1] = c.signatures[0];
    else
        c.signatures[1] = keys;
    c.signatures[0] = keys;
}

void SimSigner::step(Roll& roll, Instant t, const SimParent& parent) {
    if (roll.stage == 0) {
        roll.started = t;
        roll.before = active_;
    }
    switch (roll.kind) {
    case Roll::Kind::zsk:
        step_zsk(roll, t);
        break;
    case Roll::Kind::ksk:
        step_ksk(roll, t, parent);
        break;
    case Roll::Kind::csk:
        step_csk(roll, t, parent);
        break;
    case Roll::Kind::algorithm:
        step_algorithm(roll, t, parent);
        break;
    }
}

void SimSigner::step_zsk(Roll& roll, Instant t) {
    ZoneContent c = served_.primary();
    switch (roll.stage++) {
    case 0:
        roll.after.data.add(keys_.make(index_, spec_.name, false, algorithm_of(active_.data)));
        own_ |= roll.after.data;
        add_key(c, roll.after.data, {});
        roll.next = roll.started + roll.use_after;
        break;
    case 1:
        sign_with(c, roll.after.data);
        if (spec_.resign > Duration{0}) signed_with_ = t + spec_.resign;
        active_.data = roll.after.data;
        roll.next = std::max(roll.started + roll.retire_after, t + spec_.resign);
        break;
    default:
        drop_key(c, roll.before.data);
        finish(roll);
    }
    put(t, c);
}

void SimSigner::step_ksk(Roll& roll, Instant t, const SimParent& parent) {
    ZoneContent c = served_.primary();
    switch (roll.stage) {
    case 0:
        roll.after.seps.add(keys_.make(index_, spec_.name, true, roll.algorithm.value_or(algorithm_of(active_.seps))));
        own_ |= roll.after.seps;
        add_key(c, roll.after.seps, roll.after.seps);
        active_.seps |= roll.after.seps;
        roll.known = t + life(t, &ZoneContent::dnskey_ttl) + slowest();
        roll.stage = 1;
        roll.next = t + watch(parent, t);
        break;
    case 1:
        roll.next = t + watch(parent, t);
        if (!in_use_at(parent, roll.after.seps, t)) return;
        roll.stage = 2;
        roll.next = t + parent.ds_life(t);
        // When the old key leaves its CDS, the old DS goes: no cache may need it any more. Where others see to the DS
        // it relies on them.
        if (spec_.own_cds) roll.next = std::max(roll.next, roll.known);
        break;
    default:
        drop_key(c, roll.before.seps);
        active_.seps = roll.after.seps;
        finish(roll);
    }
    put(t, c);
}

void SimSigner::step_csk(Roll& roll, Instant t, const SimParent& parent) {
    ZoneContent c = served_.primary();
    switch (roll.stage) {
    case 0:
    case 1:
        step_ksk(roll, t, parent);
        if (roll.stage == 2) roll.next = std::max(roll.next, roll.started + roll.use_after);
        return;
    case 2:
        sign_with(c, roll.after.seps);
        if (spec_.resign > Duration{0}) signed_with_ = t + spec_.resign;
        active_.data = roll.after.seps;
        roll.stage = 3;
        roll.next =
            std::max(roll.started + roll.retire_after, t + spec_.resign + life(t, &ZoneContent::data_ttl) + slowest());
        break;
    default:
        drop_key(c, roll.before.seps);
        active_.seps = roll.after.seps;
        finish(roll);
    }
    put(t, c);
}

// RFC 6781 4.1.4, conservative: signatures, keys, DS; and back in the opposite order.
void SimSigner::step_algorithm(Roll& roll, Instant t, const SimParent& parent) {
    ZoneContent c = served_.primary();
    const auto pause = [&](std::uint32_t ZoneContent::* ttl) { return life(t, ttl) + slowest() + seconds(5); };
    switch (roll.stage) {
    case 0:
        roll.after = make_own_keys(keys_, index_, spec_, *roll.algorithm);
        own_ |= roll.after.all();
        c.signatures.fill(active_.data | roll.after.data);
        roll.next = t + spec_.resign + pause(&ZoneContent::data_ttl);
        break;
    case 1:
        add_key(c, roll.after.all(), roll.after.seps);
        active_.data |= roll.after.data;
        roll.next = t + pause(&ZoneContent::dnskey_ttl);
        break;
    case 2: // only now may its own CDS name the new key
        active_.seps |= roll.after.seps;
        roll.next = t + watch(parent, t);
        break;
    case 3:
        roll.next = t + watch(parent, t);
        if (!in_use_at(parent, roll.after.seps, t)) return;
        roll.next = t + parent.ds_life(t);
        break;
    case 4: // the old DS is to go
        retiring_ |= roll.before.seps;
        roll.next = t + watch(parent, t);
        break;
    case 5:
        roll.next = t + watch(parent, t);
        if (!parent.free_of(roll.before.seps, t)) return;
        roll.next = std::max(t + parent.ds_life(t), roll.started + roll.use_after);
        break;
    case 6:
        drop_key(c, roll.before.all());
        active_ = roll.after;
        roll.next = t + pause(&ZoneContent::dnskey_ttl);
        break;
    default:
        c.signatures.fill(roll.after.data);
        finish(roll);
    }
    ++roll.stage;
    put(t, c);
}

} // namespace tutti::sim
