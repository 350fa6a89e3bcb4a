#include "sim/sim_world.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::sim {

using What = EventSpec::What;

namespace {

dns::Name name_of(std::string_view text) {
    auto name = dns::Name::parse(text);
    if (!name) throw std::invalid_argument(name.error().text());
    return *name;
}
Duration longest_ttl(const Scenario& s) {
    std::uint32_t ttl = std::max(s.parent.ds_ttl, s.parent.ns_ttl);
    for (const auto& x : s.signers) ttl = std::max({ttl, x.dnskey_ttl, x.ns_ttl, x.data_max});
    return std::chrono::seconds(ttl);
}
Instant end_of(Instant t, std::optional<Duration> lasts) {
    return lasts ? t + *lasts : kNever;
}

} // namespace

SimWorld::SimWorld(const Scenario& scenario, Instant since)
    : scenario_(scenario), since_(since), now_(since), rng_(scenario.seed ^ 0x7475747469U),
      keys_(name_of(scenario.zone), scenario.seed), faults_(scenario.signers.size() + 1) {
    set_up();
}

// --- how it begins: the group of `initial` has been signing together since long ago; the others serve alone ---

void SimWorld::set_up() {
    std::vector<OwnKeys> own;
    for (std::size_t i = 0; i < scenario_.signers.size(); ++i) {
        const auto& spec = scenario_.signers[i];
        own.push_back(make_own_keys(keys_, static_cast<int>(i), spec, spec.algorithm));
        if (spec.ns.empty()) keys_.add_name(name_of(spec.name + ".ns."), static_cast<int>(i));
        for (const auto& n : spec.ns) keys_.add_name(name_of(n), static_cast<int>(i));
    }
    ParentContent p;
    p.ds_ttl = scenario_.parent.ds_ttl;
    p.ns_ttl = scenario_.parent.ns_ttl;
    for (int i : scenario_.initial) {
        if (scenario_.begins_secure() && (scenario_.ksk_holder < 0 || i == scenario_.ksk_holder))
            p.ds.sha256 |= own[static_cast<std::size_t>(i)].seps;
        p.ns |= keys_.names_of(i);
    }
    const auto long_before = since_ - longest_ttl(scenario_) * 4 - seconds(1000);
    signers_.reserve(scenario_.signers.size());
    for (std::size_t i = 0; i < scenario_.signers.size(); ++i)
        signers_.emplace_back(static_cast<int>(i), scenario_.signers[i], keys_, own[i], long_before,
                              first_content(i, own));
    for (int i : scenario_.initial)
        if (scenario_.ksk_holder >= 0 && i != scenario_.ksk_holder)
            signers_[static_cast<std::size_t>(i)].begin_as_copy();
    parent_.emplace(scenario_.parent, keys_, long_before, p,
                    since_ - long_before + rng_.between(Duration{0}, scenario_.parent.poll_interval));
}

ZoneContent SimWorld::first_content(std::size_t i, const std::vector<OwnKeys>& own) const {
    const auto& spec = scenario_.signers[i];
    ZoneContent c{.keys = own[i].all(),
                  .signed_by = own[i].seps,
                  .signatures = {own[i].data, own[i].data},
                  .ns = {},
                  .cds = {},
                  .cdnskey = {}};
    c.ns = keys_.names_of(static_cast<int>(i));
    c.dnskey_ttl = spec.dnskey_ttl;
    c.ns_ttl = spec.ns_ttl;
    c.data_ttl = spec.data_max;
    c.cds_ttl = spec.dnskey_ttl;
    if (std::ranges::find(scenario_.initial, static_cast<int>(i)) == scenario_.initial.end()) return c;
    c.ns = {};
    const int holder = scenario_.ksk_holder;
    if (holder >= 0) {
        c.keys = c.signed_by = own[static_cast<std::size_t>(holder)].seps;
        c.dnskey_ttl = scenario_.signers[static_cast<std::size_t>(holder)].dnskey_ttl;
    }
    for (int other : scenario_.initial) {
        const auto& theirs = own[static_cast<std::size_t>(other)];
        if (!scenario_.strangers) c.keys |= theirs.data;
        c.ns |= keys_.names_of(other);
        if (holder < 0 && scenario_.parent.mode == ParentSpec::Mode::cds && scenario_.begins_secure()) {
            c.cds.sha256 |= theirs.seps;
            c.cdnskey |= theirs.seps;
        }
    }
    return c;
}

// --- time ---

Instant SimWorld::now() {
    if (hook_) hook_();
    return on_controllers_clock(now_);
}

Instant SimWorld::next_event() const {
    Instant t = parent_->wake();
    for (const auto& s : signers_) t = std::min(t, s.wake());
    for (const auto& f : flights_) t = std::min(t, f.at);
    if (!out_of_events()) t = std::min(t, Instant{scenario_.events[next_event_].at});
    return t;
}

void SimWorld::advance(Instant t) {
    for (Instant next = next_event(); next <= t; next = next_event()) {
        now_ = std::max(now_, next);
        if (!out_of_events() && Instant{scenario_.events[next_event_].at} <= now_) {
            const EventSpec event = scenario_.events[next_event_++];
            happen(event);
            continue;
        }
        if (auto f = std::ranges::find_if(flights_, [&](const Flight& x) { return x.at <= now_; });
            f != flights_.end()) {
            Flight flight = *f;
            flights_.erase(f);
            arrive(flight);
            continue;
        }
        for (auto& s : signers_)
            if (s.wake() <= now_) s.run(now_, *parent_);
        if (parent_->wake() <= now_) parent_->run(now_, signers_);
    }
    now_ = std::max(now_, t);
}

bool SimWorld::quiet(std::span<const std::string> members) const {
    // A rollover at a signer that is not wanted may never end: nobody gives it a DS.
    return flights_.empty() && parent_->quiet(now_) && std::ranges::all_of(signers_, [&](const auto& s) {
               return s.quiet(now_) || std::ranges::find(members, s.spec().name) == members.end();
           });
}

// --- what happens from outside ---

// By default a rollover leaves time for everybody's caches, and for the controller to carry the key to the others.
Duration SimWorld::long_enough(const EventSpec& e) const {
    std::uint32_t dnskey = 0, data = 0;
    Duration lag{0};
    for (const auto& s : signers_) {
        const auto& c = s.served().primary();
        dnskey = std::max(dnskey, c.dnskey_ttl);
        data = std::max(data, c.data_ttl);
        for (const auto& server : s.served().servers()) lag = std::max(lag, server.lag);
        lag = std::max(lag, s.spec().write_delay);
    }
    const auto spare = seconds(60) + 2 * lag;
    const Duration use = e.use_after.value_or(2 * std::chrono::seconds(dnskey) + spare);
    if (e.what == What::intent) return use;
    return e.retire_after.value_or(use + std::chrono::seconds(data) + spare);
}

void SimWorld::outage(auto& served, const EventSpec& e) {
    served.go_down(now_, end_of(now_, e.lasts));
}

void SimWorld::happen(const EventSpec& e) {
    auto& parent = *parent_;
    if (e.signer >= 0)
        happen_at_signer(e, signers_[static_cast<std::size_t>(e.signer)]);
    else if (e.what == What::parent_down)
        outage(parent.served(), e);
    else if (e.what == What::parent_silent)
        parent.be_silent(end_of(now_, e.lasts));
    else if (e.what == What::server_lag)
        parent.served().set_lag(static_cast<std::size_t>(e.server), e.lag);
    else if (e.what == What::ttl)
        parent.set_ttl(now_, e.ttl_a, e.ttl_ns);
    else if (e.what == What::write_fault)
        faults_.back() = {e.fault, end_of(now_, e.lasts)};
    if (e.what == What::server_lag && e.lasts) { // and back to what it was
        const auto& lags =
            e.parent ? scenario_.parent.server_lag : scenario_.signers[static_cast<std::size_t>(e.signer)].server_lag;
        EventSpec back = e;
        back.at = e.at + *e.lasts;
        back.lag = lags[static_cast<std::size_t>(e.server)];
        back.lasts.reset();
        auto& events = scenario_.events;
        events.insert(std::ranges::upper_bound(events, back.at, {}, &EventSpec::at), back);
    }
    if (take_event_) take_event_(e);
}

void SimWorld::happen_at_signer(const EventSpec& e, SimSigner& s) {
    EventSpec use = e;
    use.what = What::intent;
    switch (e.what) {
    case What::zsk_rollover:
        s.roll_zsk(now_, long_enough(use), long_enough(e));
        break;
    case What::ksk_rollover:
        s.roll_ksk(now_, long_enough(use), long_enough(e), e.algorithm);
        break;
    case What::algorithm_rollover:
        s.roll_algorithm(now_, e.use_after.value_or(Duration{0}), *e.algorithm);
        break;
    case What::sign:
    case What::unsign:
        s.sign(now_, e.what == What::sign);
        break;
    case What::new_keys:
        s.lose_keys(now_);
        break;
    case What::signer_down:
        outage(s.served(), e);
        break;
    case What::server_lag:
        s.served().set_lag(static_cast<std::size_t>(e.server), e.lag);
        break;
    case What::write_fault:
        faults_[static_cast<std::size_t>(e.signer)] = {e.fault, end_of(now_, e.lasts)};
        break;
    case What::ttl:
        s.set_ttl(now_, e.ttl_a, e.ttl_ns, e.ttl_data);
        break;
    case What::parent_drops_ds:
        parent_->drop_ds(now_, keys_.owned_by(e.signer));
        break;
    default:
        break; // the controller's business
    }
}

// --- orders ---

int SimWorld::signer_index(const std::string& name) const {
    auto it = std::ranges::find(scenario_.signers, name, &SignerSpec::name);
    return it == scenario_.signers.end() ? -1 : static_cast<int>(it - scenario_.signers.begin());
}

// Signatures are not invented: somebody serves, or has served, exactly this RRset with them.
bool SimWorld::has_signed(KeyBits keys, KeyBits signed_by) const {
    return std::ranges::any_of(signers_, [&](const auto& s) {
        return std::ranges::any_of(s.served().versions(), [&](const ZoneContent& c) {
            return c.keys == keys && c.signed_by == signed_by && !signed_by.empty();
        });
    });
}

bool SimWorld::reachable(int place, Instant t) const {
    return place < 0 ? parent_->served().answers(t) : signers_[static_cast<std::size_t>(place)].served().answers(t);
}

Duration SimWorld::write_delay(int place) const {
    return place < 0 ? Duration{0} : signers_[static_cast<std::size_t>(place)].spec().write_delay;
}

Expected<void> SimWorld::deliver(const Flight& f) {
    const auto& fault = f.place < 0 ? faults_.back() : faults_[static_cast<std::size_t>(f.place)];
    auto done = deliver_to(f.place, f.write, fault);
    const bool lost = f.reply_lost || (now_ < fault.until && fault.mode == EventSpec::Fault::lost_reply);
    if (lost) return fail(ErrorKind::unknown_outcome, "the reply was lost");
    return done;
}

Expected<void> SimWorld::deliver_to(int place, const Write& write, const Fault& fault) {
    if (now_ < fault.until && fault.mode == EventSpec::Fault::error)
        return fail(ErrorKind::transient, "SERVFAIL", {}, "try again later");
    if (now_ < fault.until && fault.mode == EventSpec::Fault::ignored) return {};
    if (write.signed_by && place >= 0) {
        const auto now = signers_[static_cast<std::size_t>(place)].served().primary().keys;
        if (!has_signed(changed(now, write.add_keys, write.remove_keys), *write.signed_by))
            return fail(ErrorKind::conflict, "nobody has signed that DNSKEY RRset");
    }
    return place < 0 ? parent_->apply(now_, write) : signers_[static_cast<std::size_t>(place)].apply(now_, write);
}

void SimWorld::arrive(Flight& f) {
    auto result = reachable(f.place, now_) ? deliver(f) : fail(ErrorKind::unreachable, "no answer");
    if (f.result != nullptr) *f.result = std::move(result);
    if (f.pending != nullptr) --*f.pending;
}

std::vector<Expected<void>> SimWorld::carry_out(const port::ZoneSetup& setup, std::span<const port::Order> orders) {
    if (hook_) hook_();
    note_actions(setup, orders);
    const auto& net = scenario_.network;
    struct Group {
        int place = 0;
        Write write;
        Expected<void> result;
    };
    std::vector<Group> groups;
    groups.reserve(orders.size());
    std::vector<std::size_t> group_of;
    for (const auto& order : orders) {
        const int place = order.action.signer == model::kNobody
                              ? -1
                              : signer_index(setup.signers[static_cast<std::size_t>(order.action.signer)]);
        auto g = std::ranges::find(groups, place, &Group::place);
        if (g == groups.end()) g = groups.insert(g, Group{place, {}, {}});
        add_order(g->write, order, keys_);
        group_of.push_back(static_cast<std::size_t>(g - groups.begin()));
    }
    std::size_t pending = 0;
    Instant back = now_;
    for (auto& g : groups) {
        const Duration there = rng_.between(net.least, net.most) / 2, home = rng_.between(net.least, net.most) / 2;
        Flight f{now_ + there + write_delay(g.place), g.place, g.write};
        if (rng_.chance(net.duplicate)) {
            Flight again = f;
            again.at += rng_.between(Duration{0}, seconds(3));
            flights_.push_back(again);
        }
        if (rng_.chance(net.loss / 2)) {
            g.result = fail(ErrorKind::unknown_outcome, "timeout");
            back = std::max(back, now_ + patience_s());
            continue;
        }
        f.reply_lost = rng_.chance(net.loss / 2);
        back = std::max(back, f.reply_lost ? now_ + patience_s() : f.at + home);
        if (!crash_after_sending_) {
            f.pending = &pending;
            f.result = &g.result;
            ++pending;
        }
        flights_.push_back(f);
    }
    if (crash_after_sending_) {
        crash_after_sending_ = false;
        throw Crash{};
    }
    advance(back);
    // All have arrived by now: `back` is not before any arrival, and nothing that points into this frame is left.
    if (pending != 0) throw std::logic_error("an order did not arrive in time");
    std::vector<Expected<void>> out;
    out.reserve(orders.size());
    for (auto g : group_of) out.push_back(groups[g].result);
    return out;
}

Duration SimWorld::patience_s() const {
    return seconds(2) + scenario_.network.most;
}

void SimWorld::note_actions(const port::ZoneSetup& setup, std::span<const port::Order> orders) {
    using Kind = model::Action::Kind;
    for (const auto& order : orders) {
        const auto& a = order.action;
        Write w;
        add_order(w, order, keys_);
        const auto labels = [&](KeyBits set) {
            std::vector<std::string> out;
            for (int i : set) out.push_back(keys_.key(i).label);
            return out;
        };
        const auto names = [&](NameBits set) {
            std::vector<std::string> out;
            for (int i : keys_.owners(set)) out.push_back(scenario_.signers[static_cast<std::size_t>(i)].name);
            return out;
        };
        const auto note = [&](const char* verb, const char* kind, std::vector<std::string> items) {
            if (items.empty() && a.kind != Kind::csync) return;
            actions_.push_back({now_, fmt::format("{}-{}", verb, kind),
                                a.signer == model::kNobody ? "" : setup.signers[static_cast<std::size_t>(a.signer)],
                                std::move(items), a.because});
        };
        switch (a.kind) {
        case Kind::dnskey:
            note("add", "dnskey", labels(w.add_keys));
            note("remove", "dnskey", labels(w.remove_keys));
            break;
        case Kind::cds:
            note("add", "cds", labels(w.add_digests.keys() | w.add_cdnskeys));
            note("remove", "cds", labels(w.remove_digests.keys() | w.remove_cdnskeys));
            break;
        case Kind::ds:
            note("add", "ds", labels(w.add_digests.keys()));
            note("remove", "ds", labels(w.remove_digests.keys()));
            break;
        case Kind::ns_child:
        case Kind::ns_parent: {
            const char* kind = a.kind == Kind::ns_child ? "ns-child" : "ns-parent";
            note("add", kind, names(w.add_names));
            note("remove", kind, names(w.remove_names));
            break;
        }
        case Kind::csync:
            note(a.csync_on ? "add" : "remove", "csync", {});
            break;
        }
    }
}

} // namespace tutti::sim
