// The one function that decides. Cheap questions come first, signatures last: most children end at status_quo().
#include "accept/judge.hpp"

#include "accept/case.hpp"

#include <algorithm>

namespace tutti::accept {

namespace {

bool accept(Case& c, std::string_view code, std::string text) {
    set_ds_change(c);
    if (c.out.change.empty())
        return c.decide(Decision::no_change, "ds-current", {},
                        "The DS at the parent are those that the child asks for");
    return c.decide(Decision::accept, code, {}, std::move(text));
}

// RFC 8078 section 4. Who may ask for new DS may ask for none; there is no continuity to look for (R42).
bool judge_delete(Case& c) {
    if (!c.p.allow_delete)
        return c.decide(Decision::hold, "delete-off", {}, "This registry deletes DS only through the registrar");
    return signed_by_ds_keys(c) && newer_than_last(c) &&
           accept(c, "accept-delete", "The child asks for its DS to be deleted, at all servers and signed");
}

bool judge_update(Case& c) {
    return signed_by_ds_keys(c) && newer_than_last(c) && continuous(c) &&
           accept(c, "accept-update", "All servers ask for the same DS, signed by a key that the DS has");
}

bool judge_ds(Case& c) {
    if (!well_formed(c) || !status_quo(c) || !consistent(c)) return false;
    if (std::ranges::all_of(c.readings, [](const Reading& r) { return r.silent(); }))
        return settle_failures(c) && c.reject("no-answer", {}, "No server says what the child wants");
    if (!make_want(c)) return false;
    c.out.kind = c.want.remove ? Kind::remove : c.secure() ? Kind::update : Kind::bootstrap;
    if (!settle_failures(c) || !open_to_change(c)) return false;
    if (c.want.remove) return judge_delete(c);
    return c.secure() ? judge_update(c) : may_bootstrap(c);
}

} // namespace

Verdict judge(const Evidence& evidence, const Registry& registry, const Policy& policy, Instant now,
              Verifier& verifier) {
    const std::uint32_t before = verifier.computed();
    Case c{.e = evidence, .r = registry, .p = policy, .now = now, .v = verifier};
    if (registry.ds.empty()) c.out.delay = registry.delay;
    if (within_limits(c) && fresh(c) && take_roll(c)) {
        if (evidence.subject == Subject::csync)
            judge_csync(c);
        else
            judge_ds(c);
    }
    if (std::ranges::none_of(c.out.reasons, [](const Reason& r) { return r.weight == Reason::Weight::decisive; }))
        c.reject("internal", {}, "No reason was found for anything; this is a defect of this program");
    if (c.out.decision != Decision::accept) c.out.change = {};
    std::ranges::stable_sort(c.out.reasons, {}, &Reason::weight);
    c.out.verifications = verifier.computed() - before;
    write_records(c);
    write_report(c);
    return std::move(c.out);
}

Verdict judge(const Evidence& evidence, const Registry& registry, const Policy& policy, Instant now) {
    Verifier verifier{policy.max_verifications};
    return judge(evidence, registry, policy, now, verifier);
}

} // namespace tutti::accept
