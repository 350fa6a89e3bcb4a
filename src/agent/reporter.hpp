#pragma once
// Tells those who should know: the child's operator by DNS or mail, the registrant, whoever runs this agent, a program
// of the operator. On a thread of its own: nobody waits for a mail.
#include "agent/report.hpp"
#include "agent/settings.hpp"
#include "port/clock.hpp"
#include "port/dns.hpp"
#include "port/http.hpp"
#include "port/secret.hpp"

#include <condition_variable>
#include <deque>
#include <thread>
#include <unordered_map>

namespace tutti::agent {

class Reporter {
  public:
    struct Ports {
        AgentStore& store;
        port::Clock& clock;
        port::Resolver* resolver; // may be null: then no SOA is found, and no error report is sent
        port::Http& http;
        port::Secrets& secrets;
        Say say;
    };
    Reporter(Ports ports, const Settings& settings);
    ~Reporter(); // what waits is told first, as far as a few seconds allow
    Reporter(const Reporter&) = delete;
    Reporter& operator=(const Reporter&) = delete;

    void tell(const Occasion& occasion);
    // A NOTIFY named the agent that errors of this child are to be reported to.
    void channel(const dns::Name& child, const dns::Name& agent);

  private:
    void serve(const std::stop_token& stop);
    void handle(const Occasion& o);
    void trouble(const Occasion& o);
    bool report_by_dns(const Occasion& o);
    bool ripe(const Occasion& o, const std::string& audience, Duration first_after = {});
    void mail(const Occasion& o, const std::string& to);
    void mail_child(const Occasion& o);
    void registrant(const Occasion& o);
    void webhook(const Occasion& o);
    void run(const std::string& command, const std::string& input, const Occasion& o);
    void sent(const Occasion& o, const std::string& how);

    Ports ports_;
    const Settings& settings_;
    std::mutex mutex_;
    std::condition_variable_any some_;
    std::deque<Occasion> waiting_;
    std::unordered_map<std::string, dns::Name> channels_; // by child, in wire form
    std::jthread thread_;
};

} // namespace tutti::agent
