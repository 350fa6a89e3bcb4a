#pragma once
// The world as it is: every address is asked by DNS, and the drivers tell what only they can tell.
#include "engine/parallel.hpp"
#include "engine/readings.hpp"
#include "model/digest.hpp"
#include "port/clock.hpp"
#include "port/driver.hpp"
#include "port/world.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <random>

namespace tutti::engine {

// The drivers by name; nullptr: no such signer or parent. Drivers may be replaced at any time (they are configured at
// run time), so they are looked up anew each time and kept alive while they work.
struct Directory {
    std::function<std::shared_ptr<port::SignerDriver>(const std::string&)> signer;
    std::function<std::shared_ptr<port::ParentDriver>(const std::string&)> parent;
};

class LiveWorld : public port::World {
  public:
    LiveWorld(port::Dns& dns, port::Clock& clock, Directory directory, int most_threads = 64);

    // One batch of questions to all addresses at once; then the drivers whose zone has changed, side by side.
    model::Observation observe(const port::ZoneSetup& setup) override;
    // action.signer is an index into setup.signers; kNobody: the parent.
    std::vector<Expected<void>> carry_out(const port::ZoneSetup& setup, std::span<const port::Order> orders) override;

    // The zone is no longer looked after: forget what was read of it.
    void forget(const dns::Name& zone);

  private:
    struct Batch; // all questions of one look
    struct Place; // one signer in one look
    // What is remembered of a signer's zone between looks.
    struct Memory {
        Readings readings;
        model::Capabilities can;
        std::optional<std::vector<dnssec::Dnskey>> own_keys;
        bool tells_data = false; // the driver can read the zone in full
        // What the first address served when the driver was last asked: while that stays, it is not asked again.
        std::optional<std::uint32_t> serial;
        std::vector<dnssec::Dnskey> keys, data_keys;
        Instant asked = kLongAgo;
        std::optional<Error> error; // why the zone could not be read in full
        Instant not_before = kLongAgo;
    };
    static constexpr Duration kAskAgain = std::chrono::minutes(1);
    static constexpr Duration kShortest = std::chrono::milliseconds(500), kLongest = std::chrono::seconds(30);
    static bool due(const Memory& memory, Instant now);

    std::vector<port::Query> questions(const dns::Name& zone, const port::Endpoint& server);
    void prepare(const dns::Name& zone, Place& place, Batch& batch);
    void prepare_parent(const port::ZoneSetup& setup, model::ParentReport& report, Batch& batch);
    void digest(const dns::Name& zone, Place& place, Batch& batch);
    void digest_parent(const dns::Name& zone, model::ParentReport& report, Batch& batch, std::size_t first);
    void inspect(const dns::Name& zone, Place& place);
    void read(const dns::Name& zone, Place& place, std::size_t speaker);
    void look_anew(const port::ZoneSetup& setup, int signer);
    Memory recall(const dns::Name& zone, const std::string& signer);
    void keep(const dns::Name& zone, const std::string& signer, Memory memory);

    port::Dns& dns_;
    port::Clock& clock_;
    Directory directory_;
    Threads threads_;
    std::mutex mutex_; // of what follows
    std::mt19937_64 random_;
    std::map<dns::Name, std::map<std::string, Memory>> memory_;
};

} // namespace tutti::engine
