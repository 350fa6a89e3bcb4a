#pragma once
// Changes that wait for a second person. What is proposed is checked at once and carried out when somebody else has
// approved it, if nothing else was changed meanwhile.
#include "serve/router.hpp"
#include "serve/service.hpp"

#include <mutex>

namespace tutti::serve {

// Where changes of DS or NS need two people.
struct ApprovalRule {
    bool always = false;
    std::vector<dns::Name> zones; // these, when not always
    bool covers(const dns::Name& zone) const;
};

class Proposals {
  public:
    Proposals(port::Store& store, port::Clock& clock, Service& service, ApprovalRule rule)
        : store_(store), clock_(clock), service_(service), rule_(std::move(rule)) {}

    // Carried out at once, or proposed: status 202.
    Result<Reply> set_intent(const Request& r);
    Result<Reply> add_zone(const Request& r);

    Result<Json> list(const Caller& caller);
    Result<Json> one(const std::string& id, const Caller& caller);
    Result<Json> approve(const std::string& id, const Caller& caller, const std::string& match);
    Result<Json> reject(const std::string& id, const Caller& caller, const std::string& match);

  private:
    Result<boost::json::object> load(const std::string& id, const Caller& caller);
    Result<boost::json::object> open(const std::string& id, const Caller& caller, const std::string& match);
    Result<Reply> propose(const std::string& kind, const dns::Name& zone, const std::string& etag, const Request& r);
    Result<Json> close(boost::json::object proposal, const char* state, const Caller& caller);

    port::Store& store_;
    port::Clock& clock_;
    Service& service_;
    ApprovalRule rule_;
    std::mutex mutex_; // two people decide one after the other
};

} // namespace tutti::serve
