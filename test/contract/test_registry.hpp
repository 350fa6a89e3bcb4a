#pragma once
// For contract tests: the registry of lab/registry, in a folder and on a port of its own.
#include "net/clock_test.hpp"
#include "net/dns_client.hpp"
#include "net/secrets.hpp"
#include "parent/epp.hpp"
#include "test/contract/real_server.hpp"

#include <boost/json.hpp>

#include <memory>
#include <string>
#include <vector>

namespace tutti::contract {

class TestRegistry {
  public:
    // `options` as `python3 -m lab.registry --help` has them. Every frame is recorded.
    explicit TestRegistry(std::vector<std::string> options = {});
    // Fails the test if a frame of either side was not as it should be.
    ~TestRegistry();

    // One line to the staff's door: {"op": op, ...}; throws what it says is wrong.
    boost::json::value control(const std::string& op, boost::json::object arguments = {});
    // A delegated domain of ClientX.
    void add_domain(const std::string& name, boost::json::object ns = {}, boost::json::array sec = {});
    void fault(const std::string& when, const std::string& what, double value = 0, int times = 1);
    boost::json::object show(const std::string& name, const std::string& kind = "domain");
    // Commands that changed this object, in order.
    std::vector<boost::json::object> journal(const std::string& name);
    void start(); // again, after it ended by the fault `crash`
    // Frames that are wrong by intention are taken off the list of wrong ones.
    void forget_wrong_frames() { check_frames_ = false; }

    port::ParentSettings settings();
    std::shared_ptr<parent::EppRegistry> backend() { return backend(settings()); }
    std::shared_ptr<parent::EppRegistry> backend(const port::ParentSettings& settings);
    std::filesystem::path folder() const { return server_->folder() / "registry"; }

    net::testing::TestClock clock;
    net::DnsClient dns{clock};
    net::SecretReader secrets;
    epp::ClientLimits limits{.first_back_off = seconds(0.05), .longest_back_off = seconds(0.2), .reply = seconds(3)};
    std::uint16_t port = 0;

  private:
    void check_recorded_frames() const;

    std::vector<std::string> options_;
    std::unique_ptr<RealServer> server_;
    bool check_frames_ = true;
};

} // namespace tutti::contract
