#include "agent/agent.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>

namespace tutti::agent {

namespace {

constexpr Duration kFlush = std::chrono::seconds{1};
constexpr auto kPause = std::chrono::milliseconds{200};

// Made once for each database, and kept: marks must stay what they are.
Expected<std::uint64_t> salt_of(AgentStore& store) {
    const auto stored = store.setting("salt");
    if (!stored) return std::unexpected(stored.error());
    if (*stored) return std::strtoull((*stored)->c_str(), nullptr, 10);
    std::random_device random;
    const std::uint64_t salt = std::uint64_t{random()} << 32 | random();
    if (auto ok = store.put_setting("salt", std::to_string(salt)); !ok) return std::unexpected(ok.error());
    return salt;
}

} // namespace

Agent::Agent(Ports ports, Settings settings, std::uint64_t salt)
    : ports_(std::move(ports)), settings_(std::move(settings)), salt_(salt), pace_(settings_.zone, settings_.interval) {
    // Looking again is the desk's affair: its waits survive a restart.
    settings_.scan.retries = 0;
    submitter_ = std::make_unique<Submitter>(
        Submitter::Ports{ports_.registry, ports_.store, ports_.clock, ports_.say, ports_.tell,
                         [this](const dns::Name& child, Instant when) { desk_->look_at(child, when); },
                         [this](const dns::Name& child) { return desk_->mark(child); }},
        settings_);
    desk_ = std::make_unique<Desk>(Desk::Ports{ports_.store, ports_.clock, ports_.say, ports_.tell,
                                               [this](scan::Judgement j) { submitter_->submit(std::move(j)); }, salt_},
                                   settings_);
}

Agent::~Agent() {
    stop();
    keeper_ = {};
    submitter_.reset();
}

Expected<std::unique_ptr<Agent>> Agent::make(Ports ports, Settings settings) {
    const auto salt = salt_of(ports.store);
    if (!salt) return std::unexpected(salt.error());
    std::unique_ptr<Agent> out{new Agent(std::move(ports), std::move(settings), *salt)};
    if (auto ok = out->load(); !ok) return std::unexpected(ok.error());
    return out;
}

Expected<void> Agent::load() {
    if (auto ok = desk_->load(); !ok) return ok;
    const auto open = ports_.store.open_submissions();
    if (!open) return std::unexpected(open.error());
    for (const auto& s : *open) submitter_->settle(s.child);
    return {};
}

std::shared_ptr<const Generation> Agent::current() {
    const std::scoped_lock lock{mutex_};
    return generation_;
}

void Agent::stop() {
    stopped_ = true;
    const std::scoped_lock lock{mutex_};
    waiting_.notify_all();
}

void Agent::reload() {
    reload_ = true;
    const std::scoped_lock lock{mutex_};
    waiting_.notify_all();
}

// One scanner for one generation: until another one is there, or its addresses are old.
Expected<void> Agent::scan(const std::shared_ptr<const Generation>& generation) {
    auto scanner = scan::Scanner::open(generation->delegations, *desk_, ports_.resolver, ports_.clock, settings_.scan);
    if (!scanner) return std::unexpected(scanner.error());
    desk_->take(generation);
    opened_ = ports_.clock.now();
    Instant flushed = opened_;
    Expected<void> trouble;
    (*scanner)->run([&] {
        const Instant now = ports_.clock.now();
        if (now - flushed >= kFlush && trouble) {
            flushed = now;
            trouble = desk_->flush();
        }
        if (current() != generation || now - opened_ >= settings_.addresses) desk_->close();
        if (stopped_ || !trouble) (*scanner)->stop();
    });
    scanner->reset(); // what is being judged still comes
    if (trouble) trouble = desk_->flush();
    return trouble;
}

Expected<void> Agent::run() {
    while (!stopped_ && !current()) {
        if (auto ok = [&]() -> Expected<void> {
                auto first = read_generation(ports_.source, salt_, nullptr);
                if (!first) return std::unexpected(first.error());
                return adopt(*std::move(first));
            }();
            !ok) {
            if (settings_.once) return ok;
            ports_.say(true, "the delegations cannot be read: " + ok.error().text());
            std::unique_lock lock{mutex_};
            waiting_.wait_for(lock, std::chrono::seconds{5}, [&] { return stopped_.load(); });
        }
    }
    if (!settings_.once) keeper_ = std::jthread([this](const std::stop_token& stop) { keep(stop); });
    while (!stopped_) {
        if (auto ok = scan(current()); !ok) return ok;
        if (!settings_.once) continue;
        while (submitter_->busy() && !stopped_) std::this_thread::sleep_for(kPause);
        if (desk_->ended()) break; // otherwise a submission asked for another look
    }
    keeper_ = {};
    return desk_->flush();
}

} // namespace tutti::agent
