// Reasons to wait that lie with the registry, not with the child: suspension (R43, R44), locks (R68).
#include "accept/case.hpp"

#include <algorithm>

namespace tutti::accept {

namespace {

constexpr const char* kServerLock = "serverUpdateProhibited";
constexpr const char* kClientLock = "clientUpdateProhibited";

bool has(const Case& c, std::string_view status) {
    return std::ranges::find(c.r.statuses, status) != c.r.statuses.end();
}

} // namespace

bool open_to_change(Case& c) {
    if (c.r.suspended && !c.secure())
        return c.decide(Decision::hold, "suspended", {},
                        "The DS were removed by the registrar or registrant; automation rests until a DS is put in by "
                        "that way again");
    if (c.r.suspended)
        c.remark(Reason::Weight::note, "suspension-over", {}, "There is a DS again, so automation is active again");
    // The delegation's own locks are against changes by people; automation of the registry goes on (RFC 10026), unless
    // the registry says otherwise. A registrar cannot write through a lock of the registry.
    if (has(c, kServerLock) && (c.p.role == Role::registrar || c.p.refuse_locked))
        return c.decide(Decision::hold, "locked", {},
                        std::string("The domain is locked (") + kServerLock + "): the lock has to be lifted first");
    for (const auto* status : {kServerLock, kClientLock})
        if (has(c, status))
            c.remark(Reason::Weight::note, "lock-noted", {},
                     std::string("The domain has the status ") + status + ", which does not stop automation");
    return true;
}

} // namespace tutti::accept
