#include "sim/generate.hpp"

#include "sim/rng.hpp"

#include <algorithm>
#include <array>

namespace tutti::sim {

using What = EventSpec::What;

namespace {

constexpr std::array<const char*, 5> kNames{"blue", "green", "red", "gold", "grey"};

class Generator {
  public:
    Generator(std::uint64_t seed, Weather weather)
        : rng_(seed * 2 + (weather == Weather::calm ? 0 : 1)), stormy_(weather == Weather::stormy) {
        s_.seed = seed;
    }

    Scenario make() {
        const int n = one_of({2, 2, 2, 3, 3, 4, 5});
        parent();
        for (int i = 0; i < n; ++i) signer(i);
        s_.initial = subset(n);
        do s_.intent = subset(n);
        while (s_.intent == s_.initial);
        make_possible();
        if (stormy_) storm();
        if (stormy_ && rng_.chance(0.15)) s_.policy.strict_algorithms = false;
        s_.policy.data_ttl_max = longest_data_;
        s_.until = seconds(3600) + 12 * std::chrono::seconds(longest_) + 3 * trouble_ + last_event_;
        std::ranges::stable_sort(s_.events, {}, &EventSpec::at);
        one_ksk();
        strangers();
        refused_for_long();
        of_two_minds();
        return std::move(s_);
    }

  private:
    int one_of(std::initializer_list<int> list) { return *(list.begin() + rng_.below(static_cast<int>(list.size()))); }
    Duration tenths(int least, int most) { return seconds(rng_.between(least, most) / 10.0); }
    std::uint32_t ttl() {
        const int t = rng_.chance(0.1) ? one_of({300, 900, 3600}) : rng_.between(5, 120);
        longest_ = std::max(longest_, t);
        return static_cast<std::uint32_t>(t);
    }
    std::vector<Duration> lags() {
        std::vector<Duration> out;
        for (int i = one_of({1, 1, 2, 2, 3}); i > 0; --i) {
            out.push_back(out.empty() || rng_.chance(0.5) ? Duration{0} : tenths(1, 60));
            lag_ = std::max(lag_, out.back());
        }
        return out;
    }
    std::vector<int> subset(int n) {
        std::vector<int> out;
        while (out.empty())
            for (int i = 0; i < n; ++i)
                if (rng_.chance(0.5)) out.push_back(i);
        return out;
    }

    void parent() {
        auto& p = s_.parent;
        p.ds_ttl = ttl();
        p.ns_ttl = ttl();
        p.mode = rng_.chance(0.5) ? ParentSpec::Mode::direct : ParentSpec::Mode::cds;
        p.poll_interval = seconds(rng_.between(1, 10));
        p.publish_delay = tenths(0, 30);
        p.server_lag = lags();
        p.notify = rng_.chance(0.3);
        if (!stormy_) return;
        p.consistency = rng_.chance(0.8);
        p.gives_up_after = rng_.between(1, 4);
    }

    void signer(int i) {
        SignerSpec s;
        s.name = kNames[static_cast<std::size_t>(i)];
        s.dnskey_ttl = ttl();
        s.ns_ttl = ttl();
        s.data_max = ttl();
        longest_data_ = std::max(longest_data_, s.data_max);
        s.csk = rng_.chance(0.3);
        s.write_delay = tenths(0, 10);
        s.server_lag = lags();
        if (rng_.chance(0.2)) s.ns = {"a." + s.name + ".", "b." + s.name + "."};
        s.api = rng_.chance(0.3);
        if (stormy_) {
            s.own_cds = rng_.chance(0.3);
            s.own_cds_delay = tenths(1, 300);
            if (rng_.chance(0.15)) s.foreign_sep = SignerSpec::Sep::refused;
            if (rng_.chance(0.1)) s.ttl_floor = ttl();
            if (rng_.chance(0.1)) trouble_ += 5 * (s.throttle = seconds(rng_.between(1, 5)));
            s.transfer = rng_.chance(0.8);
            if (rng_.chance(0.2)) s.resign = seconds(rng_.between(1, 20));
        }
        s_.signers.push_back(std::move(s));
    }

    // Signers that sign together from the beginning can do so: one that refuses foreign keys with SEP has no place
    // beside one with a CSK. (That such a group cannot be made is another matter: the controller must find that out.)
    void make_possible() {
        const auto at = [&](int i) -> SignerSpec& { return s_.signers[static_cast<std::size_t>(i)]; };
        if (std::ranges::any_of(s_.initial, [&](int i) { return at(i).csk; }))
            for (int i : s_.initial) at(i).foreign_sep = SignerSpec::Sep::yes;
    }

    // --- what goes wrong ---

    Duration some_time() { return tenths(0, 3000); }
    Duration a_while() {
        const auto d = tenths(10, 900);
        trouble_ += d;
        return d;
    }
    EventSpec& event(What what, bool at_signer = true) {
        EventSpec e;
        e.what = what;
        e.at = some_time();
        last_event_ = std::max(last_event_, e.at);
        if (at_signer) e.signer = rng_.below(static_cast<int>(s_.signers.size()));
        s_.events.push_back(e);
        return s_.events.back();
    }
    void place(EventSpec& e) {
        if (!rng_.chance(0.25)) return;
        e.parent = true;
        e.signer = -1;
    }

    void storm() {
        if (rng_.chance(0.2)) s_.controllers = 2;
        if (rng_.chance(0.3)) s_.network.most = tenths(1, 20);
        if (rng_.chance(0.2)) s_.network.loss = rng_.between(1, 100) / 1000.0;
        if (rng_.chance(0.2)) s_.network.duplicate = rng_.between(1, 200) / 1000.0;
        s_.policy.trust_past = rng_.chance(0.8);
        for (int i = one_of({0, 0, 1, 2}); i > 0; --i)
            event(What::intent, false).members = subset(static_cast<int>(s_.signers.size()));
        for (int i = one_of({0, 0, 1, 2, 3}); i > 0; --i) fault();
        for (int i = one_of({0, 0, 0, 1, 3}); i > 0; --i) {
            auto& e = event(What::crash, false);
            e.calls = rng_.between(1, 8);
            e.after = tenths(1, 200);
            trouble_ += e.after;
        }
        if (rng_.chance(0.05)) event(What::store_loss, false);
        if (rng_.chance(0.15)) change_ttl();
        // A signer that publishes CDS by itself asks for a DS whatever the operator wants.
        if (rng_.chance(0.05) && std::ranges::none_of(s_.signers, &SignerSpec::own_cds)) lose_and_regain_ds();
        rollovers(); // these last: they leave time for all of the trouble
        if (rng_.chance(0.05) && !cannot_be_done(s_)) roll_algorithms();
    }

    EventSpec& same_members(Duration at) {
        auto& e = event(What::intent, false);
        e.at = at;
        last_event_ = std::max(last_event_, at);
        const std::vector<int>* members = &s_.intent;
        Duration latest{-1};
        for (const auto& other : s_.events)
            if (&other != &e && other.what == What::intent && other.at <= at && other.at >= latest) {
                latest = other.at;
                members = &other.members;
            }
        e.members = std::vector<int>(*members);
        return e;
    }
    void lose_and_regain_ds() {
        const Duration at = some_time();
        same_members(at).secure = false;
        if (rng_.chance(0.8)) same_members(at + tenths(1, 4000)).secure = true;
    }
    void fault() {
        switch (rng_.below(5)) {
        case 0:
            event(What::signer_down).lasts = a_while();
            break;
        case 1:
            event(What::parent_down, false).lasts = a_while();
            break;
        case 2:
            event(What::parent_silent, false).lasts = a_while();
            break;
        case 3: {
            auto& e = event(What::server_lag);
            place(e);
            const auto& lags =
                e.parent ? s_.parent.server_lag : s_.signers[static_cast<std::size_t>(e.signer)].server_lag;
            e.server = rng_.below(static_cast<int>(lags.size()));
            e.lag = a_while();
            e.lasts = a_while();
            break;
        }
        default: {
            auto& e = event(What::write_fault);
            place(e);
            e.fault = static_cast<EventSpec::Fault>(rng_.below(3));
            e.lasts = a_while();
        }
        }
    }

    void change_ttl() {
        auto& e = event(What::ttl);
        place(e);
        e.ttl_a = ttl();
        e.ttl_ns = ttl();
        if (!e.parent) longest_data_ = std::max(longest_data_, *(e.ttl_data = ttl()));
    }

    void rollovers() {
        // After which everybody has the new key in every cache, if the controller does what it can.
        const Duration use = 2 * std::chrono::seconds(longest_) + 2 * lag_ + trouble_ + seconds(120);
        for (int i = one_of({0, 0, 1, 1, 2}); i > 0; --i) {
            auto& e = event(rng_.chance(0.5) ? What::zsk_rollover : What::ksk_rollover);
            // A new CSK that somebody cannot publish is used all the same: nobody could make that safe.
            if (cannot_be_done(s_) && s_.signers[static_cast<std::size_t>(e.signer)].csk) {
                s_.events.pop_back();
                continue;
            }
            // A parent that takes the CDS of whoever answers first may go back to one that a faulty signer still has,
            // after the old key is gone: no controller can prevent that.
            if (e.what == What::ksk_rollover || s_.signers[static_cast<std::size_t>(e.signer)].csk)
                s_.parent.consistency = true;
            // Who left before and comes back to sign counts from when it was told to.
            Duration told{0};
            for (const auto& other : s_.events)
                if (other.what == What::intent) told = std::max(told, other.at - e.at);
            e.use_after = use + told;
            e.retire_after = *e.use_after + std::chrono::seconds(longest_) + trouble_ + 2 * lag_ + seconds(60);
            last_event_ = std::max(last_event_, e.at + *e.retire_after);
        }
    }

    // Everybody to another algorithm, each at its own moment, by the operator's wish; nobody joins or leaves meanwhile,
    // and nobody asks the parent for its old key by itself.
    void roll_algorithms() {
        for (int i : s_.intent)
            if (s_.signers[static_cast<std::size_t>(i)].own_cds) return;
        constexpr std::uint8_t kEd25519 = 15;
        std::erase_if(s_.events, [](const EventSpec& e) { return e.what == What::intent; });
        s_.initial = s_.intent;
        s_.parent.consistency = true;
        const Duration wished = some_time();
        same_members(wished).algorithms = {kEd25519};
        const Duration use = 2 * std::chrono::seconds(longest_) + 2 * lag_ + trouble_ + seconds(420);
        for (int i : s_.intent) {
            auto& e = event(What::algorithm_rollover);
            e.signer = i;
            e.at += wished;
            e.algorithm = kEd25519;
            e.use_after = use;
            e.retire_after = use + std::chrono::seconds(longest_) + trouble_ + 2 * lag_ + seconds(60);
            last_event_ = std::max(last_event_, e.at + *e.retire_after);
        }
        longest_ *= 2; // it takes several lifetimes
    }

    // In a few of them one signer holds the only KSK (RFC 8901 model 1), from the beginning or from some moment on. The
    // numbers for that are drawn apart, so that the others stay what they were.
    void one_ksk() {
        Rng rng(s_.seed * 2 + (stormy_ ? 1 : 0) + 0x6b736bULL);
        if (!rng.chance(0.04)) return;
        if (std::ranges::any_of(s_.events, [](const auto& e) { return e.what == What::algorithm_rollover; })) return;
        const bool from_the_start = !stormy_ || rng.chance(0.7);
        const auto& among = from_the_start ? s_.initial : s_.intent;
        const int holder = among[static_cast<std::size_t>(rng.below(static_cast<int>(among.size())))];
        const auto stays = [&](std::vector<int>& members) {
            if (std::ranges::find(members, holder) == members.end()) members.push_back(holder);
        };
        stays(s_.intent);
        for (auto& e : s_.events)
            if (e.what == What::intent) stays(e.members);
        if (from_the_start)
            s_.ksk_holder = holder;
        else
            wish_for_one_ksk(holder, rng.between(Duration{0}, seconds(300)));
        s_.parent.mode = ParentSpec::Mode::direct; // a parent that reads CDS has nobody to read at
        for (auto& s : s_.signers) {
            s.signed_dnskey = true;
            s.foreign_sep = SignerSpec::Sep::yes;
        }
        roll_without_ksk(holder);
    }
    void wish_for_one_ksk(int holder, Duration at) {
        EventSpec e;
        e.at = at;
        e.ksk_holder = holder;
        e.members = s_.intent;
        for (const auto& other : s_.events)
            if (other.what == What::intent && other.at <= at) e.members = other.members;
        add(e);
    }
    // Only the holder has a KSK to roll, and the keys of the others reach everybody by way of the holder.
    void roll_without_ksk(int holder) {
        const Duration more = 2 * std::chrono::seconds(longest_) + 2 * lag_ + trouble_ + seconds(60);
        for (auto& e : s_.events) {
            if (e.what != What::zsk_rollover && e.what != What::ksk_rollover) continue;
            if (e.signer != holder) e.what = What::zsk_rollover;
            *e.use_after += more;
            *e.retire_after += more;
        }
        s_.until += 2 * more;
    }

    // In a few of them nobody has exchanged anything when it begins, and the zone is to get its first DS. Drawn apart,
    // too. (Who publishes CDS unasked would get a DS before the others have its keys.)
    void strangers() {
        Rng rng(s_.seed * 2 + 0x6e6577ULL);
        if (!stormy_ || s_.ksk_holder >= 0 || !rng.chance(0.04)) return;
        const auto settled = [](const EventSpec& e) {
            return e.secure || e.ksk_holder || e.what == What::algorithm_rollover;
        };
        if (std::ranges::any_of(s_.events, settled) || std::ranges::any_of(s_.signers, &SignerSpec::own_cds)) return;
        s_.strangers = true;
        s_.until += 4 * std::chrono::seconds(longest_);
    }

    // In a few of them a signer refuses everything for longer than the controller remembers what is over.
    void refused_for_long() {
        Rng rng(s_.seed * 2 + 0x6c6f6e67ULL);
        if (!stormy_ || longest_ > 120 || !rng.chance(0.04)) return;
        if (somebody_rolls()) return; // nobody would have the new key in time
        EventSpec e;
        e.what = What::write_fault;
        e.fault = EventSpec::Fault::error;
        e.at = rng.between(Duration{0}, seconds(60));
        e.signer = rng.below(static_cast<int>(s_.signers.size()));
        e.lasts = std::chrono::seconds(longest_) * static_cast<int>(s_.signers.size() + 3) +
                  rng.between(Duration{0}, seconds(300));
        s_.until += 3 * *e.lasts;
        add(e);
    }

    // In a few of them one server trails far behind while the operator goes back and forth.
    void of_two_minds() {
        Rng rng(s_.seed * 2 + 0x6d696e64ULL);
        if (!stormy_ || longest_ > 120 || !rng.chance(0.04)) return;
        if (somebody_rolls()) return;
        const auto wished = std::ranges::find_if(s_.events, [](const auto& e) { return e.ksk_holder.has_value(); });
        const int holder = wished == s_.events.end() ? s_.ksk_holder : *wished->ksk_holder; // it cannot leave
        EventSpec trails;
        trails.what = What::server_lag;
        trails.parent = rng.chance(0.5);
        if (!trails.parent) trails.signer = rng.below(static_cast<int>(s_.signers.size()));
        const auto& lags =
            trails.parent ? s_.parent.server_lag : s_.signers[static_cast<std::size_t>(trails.signer)].server_lag;
        trails.server = static_cast<int>(lags.size()) - 1;
        trails.lag = rng.between(seconds(30), seconds(150));
        trails.lasts = seconds(600);
        add(trails);
        for (int i = 0; i < 3; ++i) {
            EventSpec e;
            e.at = rng.between(Duration{0}, seconds(500));
            e.members = rng.chance(0.5) ? s_.initial : s_.intent;
            if (holder >= 0 && std::ranges::find(e.members, holder) == e.members.end()) e.members.push_back(holder);
            add(e);
        }
        s_.until += seconds(1800);
    }

    bool somebody_rolls() const {
        return std::ranges::any_of(s_.events, [](const EventSpec& e) { return e.use_after.has_value(); });
    }
    void add(const EventSpec& e) { s_.events.insert(std::ranges::upper_bound(s_.events, e.at, {}, &EventSpec::at), e); }

    Rng rng_;
    bool stormy_;
    Scenario s_;
    int longest_ = 0;
    std::uint32_t longest_data_ = 0;
    Duration lag_{0}, trouble_{0}, last_event_{0};
};

} // namespace

std::optional<Weather> weather_of(std::string_view word) {
    if (word == "calm") return Weather::calm;
    if (word == "stormy") return Weather::stormy;
    return std::nullopt;
}

Scenario generate(std::uint64_t seed, Weather weather) {
    return Generator(seed, weather).make();
}

bool cannot_be_done(const Scenario& s) {
    const auto& last = [&]() -> const std::vector<int>& {
        const std::vector<int>* members = &s.intent;
        for (const auto& e : s.events)
            if (e.what == What::intent) members = &e.members;
        return *members;
    }();
    const auto refuses = [&](int i) {
        return s.signers[static_cast<std::size_t>(i)].foreign_sep != SignerSpec::Sep::yes;
    };
    const auto csk = [&](int i) { return s.signers[static_cast<std::size_t>(i)].csk; };
    // Those that leave sign, too, until they are out of all caches: any pair that meets on the way counts.
    std::vector<int> all = s.initial;
    all.insert(all.end(), last.begin(), last.end());
    for (const auto& e : s.events) all.insert(all.end(), e.members.begin(), e.members.end());
    all.insert(all.end(), s.intent.begin(), s.intent.end());
    for (int a : all)
        for (int b : all)
            if (a != b && refuses(a) && csk(b)) return true;
    return false;
}

} // namespace tutti::sim
