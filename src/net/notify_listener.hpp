#pragma once
// Listens for NOTIFY (RFC 1996; RFC 9859 for CDS and CSYNC) over UDP and TCP, on a thread of its own. A NOTIFY proves
// nothing, it is only a hint to look: signed or not, all are treated alike.
#include "net/notify_answer.hpp"

#include <memory>
#include <span>
#include <vector>

namespace tutti::net {

class NotifyListener {
  public:
    // Listens when it returns. Use the addresses of the machine instead of wildcards: an answer leaves from the address
    // that the system picks. Port 0: any free port, see endpoints().
    static Expected<std::unique_ptr<NotifyListener>> start(std::span<const port::Endpoint> endpoints,
                                                           NotifyHandler handler);
    virtual ~NotifyListener() = default;

    virtual std::vector<port::Endpoint> endpoints() const = 0;
    // After it the handler is not called any more.
    virtual void stop() = 0;
};

} // namespace tutti::net
