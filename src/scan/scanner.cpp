#include "scan/scanner.hpp"

#include "scan/scan_run.hpp"

#include <algorithm>
#include <thread>

namespace tutti::scan {

namespace {

// Looks that wait for a verifier, for each of them: so many, and nothing new is begun before half of them are done.
constexpr std::size_t kToVerify = 128;
constexpr std::size_t kVantages = 16;
constexpr Duration kLongestWait = seconds(0.1);
// Questions that one child may put in one go.
constexpr std::size_t kRoomForOne = 256;

} // namespace

Scan::Scan(const Delegations& delegations, Desk& desk, port::Resolver* resolver, port::Clock& clock,
           ScanOptions options)
    : delegations_(delegations), desk_(desk), resolver_(resolver), clock_(clock), options_(std::move(options)),
      children_(options_.children_at_once) {
    if (options_.verifiers <= 0) // asked once: it opens a file each time
        options_.verifiers = std::max(1, static_cast<int>(std::thread::hardware_concurrency()) - 1);
    for (std::uint32_t c = options_.children_at_once; c-- > 0;) free_.push_back(c);
    place_.port = options_.port;
    place_.vantages = options_.asker.sources;
    if (place_.vantages.size() == 1) place_.vantages[0].clear();
}

Expected<void> Scan::open() {
    if (options_.asker.sources.empty() || options_.asker.sources.size() > kVantages)
        return fail(ErrorKind::invalid, "too many addresses to ask from, or none", {}, "give at most 16 with --source");
    auto asker = Asker::open(options_.asker, *this);
    if (!asker) return std::unexpected(asker.error());
    asker_ = std::move(*asker);
    lookups_ = std::make_unique<Waiters>(resolver_ == nullptr && !options_.policy.csync ? 0 : options_.lookups);
    verifiers_ = std::make_unique<Waiters>(options_.verifiers);
    hosts_ = std::make_unique<HostBook>(delegations_, asker_->servers(), resolver_, *lookups_,
                                        HostBook::Options{options_.port, options_.policy.allow_addresses},
                                        [this] { asker_->wake(); });
    return {};
}

std::size_t Scan::most_to_verify() const {
    return std::min(kToVerify * static_cast<std::size_t>(options_.verifiers), children_.size());
}

void Scan::start_new() {
    const std::size_t most = most_to_verify(), waiting = to_verify_;
    verifiers_are_busy_ = waiting >= most || (verifiers_are_busy_ && waiting > most / 2);
    while (!verifiers_are_busy_ && !free_.empty() && asker_->room() > kRoomForOne && to_verify_ < most &&
           asker_->waiting_or_under_way() <
               4UL * options_.asker.politeness.total_in_flight + options_.children_at_once) {
        const auto job = desk_.next();
        if (!job) return;
        const std::uint32_t c = free_.back();
        free_.pop_back();
        Child& child = children_[c];
        child.job = *job;
        child.pending = child.hosts_missing = 0;
        child.confirmed = child.differs = child.csync_seen = false;
        child.why = Unchanged::nothing_published;
        begin(c);
    }
}

void Scan::release(std::uint32_t c) {
    Child& child = children_[c];
    child.stage = Child::Stage::free;
    child.look.reset();
    child.kept.clear();
    free_.push_back(c);
}

void Scan::hand_over(std::uint32_t c) {
    Child& child = children_[c];
    child.stage = Child::Stage::elsewhere;
    child.look->ended = clock_.now();
    ++to_verify_;
    verifiers_->add([this, c] {
        judge(c, *children_[c].look);
        // Not for each child: there is a batch to begin then. On one core the two threads would do nothing but take
        // turns.
        const std::size_t left = --to_verify_;
        if (left == 0 || left == most_to_verify() / 2) asker_->wake();
    });
}

// What it takes to make keys ready is kept from child to child.
std::unique_ptr<accept::Verifier> Scan::a_verifier() {
    const std::scoped_lock lock{mutex_};
    if (idle_verifiers_.empty()) return std::make_unique<accept::Verifier>(options_.policy.max_verifications);
    auto out = std::move(idle_verifiers_.back());
    idle_verifiers_.pop_back();
    return out;
}

void Scan::judge(std::uint32_t c, const Look& look) {
    auto verifier = a_verifier();
    std::vector<Judgement> all;
    const auto consider = [&](accept::Subject subject) {
        auto evidence = evidence_of(look, subject, options_.policy, place_);
        auto verdict = accept::judge(evidence, look.registry, options_.policy, clock_.now(), *verifier);
        all.push_back({std::move(evidence), look.registry, std::move(verdict)});
    };
    consider(accept::Subject::ds);
    if (look.csync) consider(accept::Subject::csync);
    verifications_ += verifier->computed();
    verifier->clear();
    const bool again =
        look.job.attempt < options_.retries &&
        std::ranges::any_of(all, [](const Judgement& j) { return j.verdict.decision == accept::Decision::retry; });
    if (!again) desk_.judged(look.job, all);
    const std::scoped_lock lock{mutex_};
    idle_verifiers_.push_back(std::move(verifier));
    back_.emplace_back(c, again ? Back::again : Back::done);
}

// What other threads have done.
void Scan::take_back() {
    for (const std::uint32_t c : hosts_->take_ready()) {
        Child& child = children_[c];
        if (--child.hosts_missing > 0) continue;
        if (child.stage == Child::Stage::hosts)
            begin(c);
        else
            gather(c);
    }
    std::vector<std::pair<std::uint32_t, Back>> back;
    {
        const std::scoped_lock lock{mutex_};
        back.swap(back_);
    }
    for (const auto& [c, what] : back) {
        Child& child = children_[c];
        if (what == Back::signals) {
            hand_over(c);
        } else if (what == Back::candidates) {
            candidates_known(c);
        } else if (what == Back::done) {
            ++counts_.judged;
            release(c);
        } else {
            const auto wait = options_.retry_after * (1 << std::min(child.job.attempt, 10));
            child.stage = Child::Stage::pause;
            child.look.reset();
            ++child.job.attempt;
            pauses_.emplace(asker_->now() + wait / std::chrono::nanoseconds{1}, c);
        }
    }
    while (!pauses_.empty() && pauses_.top().first <= asker_->now()) {
        const std::uint32_t c = pauses_.top().second;
        pauses_.pop();
        gather(c);
    }
}

void Scan::run(const std::function<void()>& each_round) {
    while (!stopped_) {
        take_back();
        start_new();
        if (free_.size() == children_.size() && desk_.ended()) break;
        asker_->turn(kLongestWait);
        counts_.queries = asker_->sent();
        counts_.verifications = verifications_;
        if (each_round) each_round();
    }
}

void Scan::stop() {
    stopped_ = true;
    asker_->wake();
}

ScanCounts Scan::counts() const {
    return counts_;
}

Scanner::Scanner(std::unique_ptr<Scan> scan) : scan_(std::move(scan)) {}
Scanner::~Scanner() = default;

Expected<std::unique_ptr<Scanner>> Scanner::open(const Delegations& delegations, Desk& desk, port::Resolver* resolver,
                                                 port::Clock& clock, ScanOptions options) {
    auto scan = std::make_unique<Scan>(delegations, desk, resolver, clock, std::move(options));
    if (auto ok = scan->open(); !ok) return std::unexpected(ok.error());
    return std::unique_ptr<Scanner>{new Scanner(std::move(scan))};
}

void Scanner::run(const std::function<void()>& each_round) {
    scan_->run(each_round);
}

void Scanner::stop() {
    scan_->stop();
}

ScanCounts Scanner::counts() const {
    return scan_->counts();
}

} // namespace tutti::scan
