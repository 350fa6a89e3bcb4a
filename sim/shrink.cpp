#include "sim/shrink.hpp"

#include <algorithm>

namespace tutti::sim {

namespace {

// A scenario without signer `s`; members and events go with it.
std::optional<Scenario> without_signer(const Scenario& from, int s) {
    Scenario out = from;
    out.signers.erase(out.signers.begin() + s);
    const auto fix = [&](std::vector<int>& list) {
        std::erase(list, s);
        for (int& i : list) i -= i > s ? 1 : 0;
    };
    if (s == out.ksk_holder) return std::nullopt;
    if (out.ksk_holder > s) --out.ksk_holder;
    fix(out.initial);
    fix(out.intent);
    std::erase_if(out.events, [&](const EventSpec& e) { return e.signer == s; });
    for (auto& e : out.events) {
        if (e.signer > s) --e.signer;
        fix(e.members);
        fix(e.dead);
        if (e.ksk_holder == s) return std::nullopt;
        if (e.ksk_holder > s) --*e.ksk_holder;
    }
    const bool empty = std::ranges::any_of(
        out.events, [](const auto& e) { return e.what == EventSpec::What::intent && e.members.empty(); });
    if (out.initial.empty() || out.intent.empty() || empty) return std::nullopt;
    return out;
}

// Events that name a server which was taken away name the first one.
void mend(Scenario& s) {
    for (auto& e : s.events) {
        const auto& lags =
            e.signer < 0 ? s.parent.server_lag : s.signers[static_cast<std::size_t>(e.signer)].server_lag;
        if (e.server >= static_cast<int>(lags.size())) e.server = 0;
    }
}

class Shrinker {
  public:
    Shrinker(Scenario s, const std::function<bool(const Scenario&)>& fails, int most_tries)
        : best_(std::move(s)), fails_(fails), tries_(most_tries) {}

    Scenario run() {
        for (bool more = true; more && tries_ > 0;) more = round();
        return std::move(best_);
    }

  private:
    bool keep(const Scenario& s) {
        if (s == best_ || tries_ <= 0) return false;
        --tries_;
        if (!fails_(s)) return false;
        best_ = s;
        return true;
    }
    bool with(auto&& change) {
        Scenario s = best_;
        change(s);
        mend(s);
        return keep(s);
    }

    bool round() {
        bool more = false;
        for (std::size_t i = best_.events.size(); i-- > 0;)
            more |= with([&](Scenario& s) { s.events.erase(s.events.begin() + static_cast<std::ptrdiff_t>(i)); });
        for (std::size_t i = best_.signers.size(); i-- > 0;)
            if (auto s = without_signer(best_, static_cast<int>(i))) more |= keep(*s);
        more |= with([](Scenario& s) { s.controllers = 1; });
        more |= with([](Scenario& s) { s.network = {}; });
        more |= with([](Scenario& s) { s.network.loss = 0; });
        more |= with([](Scenario& s) { s.network.duplicate = 0; });
        more |= with([](Scenario& s) { s.policy.trust_past = true; });
        more |= with([](Scenario& s) { s.parent.mode = ParentSpec::Mode::direct; });
        more |= with([](Scenario& s) { s.parent.server_lag = {Duration{0}}; });
        more |= with([](Scenario& s) { s.parent.publish_delay = Duration{0}; });
        more |= with([](Scenario& s) { s.parent.notify = false; });
        more |= with([](Scenario& s) { s.parent.gives_up_after = ParentSpec{}.gives_up_after; });
        for (std::size_t i = 0; i < best_.signers.size(); ++i) more |= signer(i);
        for (std::size_t i = 0; i < best_.events.size(); ++i) more |= event(i);
        for (std::size_t i = 0; i < best_.signers.size(); ++i) more |= ttls(i);
        more |= number([](Scenario& s) -> auto& { return s.parent.ds_ttl; });
        more |= number([](Scenario& s) -> auto& { return s.parent.ns_ttl; });
        return more;
    }

    bool signer(std::size_t i) {
        const SignerSpec d;
        bool more = false;
        const auto each = [&](auto&& change) { more |= with([&](Scenario& s) { change(s.signers[i]); }); };
        each([](SignerSpec& s) { s.server_lag = {Duration{0}}; });
        each([&](SignerSpec& s) { s.write_delay = d.write_delay; });
        each([](SignerSpec& s) { s.own_cds = false; });
        each([&](SignerSpec& s) { s.own_cds_delay = d.own_cds_delay; });
        each([](SignerSpec& s) { s.ttl_floor = 0; });
        each([](SignerSpec& s) { s.throttle = Duration{0}; });
        each([](SignerSpec& s) { s.resign = Duration{0}; });
        each([](SignerSpec& s) { s.transfer = true; });
        each([](SignerSpec& s) { s.foreign_sep = SignerSpec::Sep::yes; });
        each([](SignerSpec& s) { s.ns.clear(); });
        each([](SignerSpec& s) { s.api = false; });
        each([](SignerSpec& s) { s.csk = false; });
        return more;
    }

    bool event(std::size_t i) {
        const auto round_off = [](Duration d) { return Duration{std::chrono::round<std::chrono::seconds>(d)}; };
        return with([&](Scenario& s) {
            auto& e = s.events[i];
            e.at = round_off(e.at);
            if (e.lasts) e.lasts = round_off(*e.lasts);
            e.lag = round_off(e.lag);
            std::ranges::stable_sort(s.events, {}, &EventSpec::at);
        });
    }

    bool ttls(std::size_t i) {
        bool more = number([i](Scenario& s) -> auto& { return s.signers[i].dnskey_ttl; });
        more |= number([i](Scenario& s) -> auto& { return s.signers[i].ns_ttl; });
        return more | number([i](Scenario& s) -> auto& { return s.signers[i].data_max; });
    }

    // A round number near it, or a smaller one.
    bool number(auto&& field) {
        const auto now = field(best_);
        for (std::uint32_t to : {std::uint32_t{10}, std::uint32_t{20}, std::uint32_t{60}, now / 10 * 10}) {
            if (to == 0 || to >= now) continue;
            if (with([&](Scenario& s) { field(s) = to; })) return true;
        }
        return false;
    }

    Scenario best_;
    const std::function<bool(const Scenario&)>& fails_;
    int tries_;
};

} // namespace

Scenario shrink(Scenario scenario, const std::function<bool(const Scenario&)>& fails, int most_tries) {
    return Shrinker(std::move(scenario), fails, most_tries).run();
}

} // namespace tutti::sim
