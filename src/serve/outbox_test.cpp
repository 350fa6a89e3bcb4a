#include "serve/outbox.hpp"

#include "serve/fakes_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tutti::serve {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What the other side got, and what it answers.
class Receiver {
  public:
    Expected<void> take(const Notice& n) {
        const std::lock_guard guard(mutex_);
        ++attempts_;
        if (const auto answer = answers_.empty() ? Expected<void>{} : answers_.front(); !answer) {
            if (answers_.size() > 1) answers_.erase(answers_.begin());
            changed_.notify_all();
            return answer;
        }
        if (answers_.size() > 1) answers_.erase(answers_.begin());
        got_.push_back((n.raised ? "+" : "-") + n.code);
        changed_.notify_all();
        return {};
    }
    // The last one stays.
    void answer(std::vector<Expected<void>> with) {
        const std::lock_guard guard(mutex_);
        answers_ = std::move(with);
    }
    std::vector<std::string> wait_for(std::size_t messages) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(changed_.wait_for(lock, 20s, [&] { return got_.size() >= messages; }));
        return got_;
    }
    int wait_for_attempts(int n) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(changed_.wait_for(lock, 20s, [&] { return attempts_ >= n; }));
        return attempts_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Expected<void>> answers_;
    std::vector<std::string> got_;
    int attempts_ = 0;
};

class OutboxTest : public ::testing::Test {
  protected:
    OutboxTest() { happen("alarm", "before"); }
    std::unique_ptr<Outbox> open(std::int64_t newest = 1) {
        return std::make_unique<Outbox>(
            Outbox::Ports{store, clock, metrics,
                          [this](const std::string& text) {
                              const std::lock_guard guard(mutex);
                              said += text + "\n";
                          }},
            std::vector{Outbox::Channel{"webhook", [this](const Notice& n) { return receiver.take(n); }}}, newest,
            Duration{1000});
    }
    void happen(const std::string& kind, const std::string& code) {
        auto record = store.load(zone);
        if (!record)
            record = port::ZoneRecord{.zone = zone,
                                      .parent = {},
                                      .intent = {},
                                      .knowledge = {},
                                      .decision = {},
                                      .settled = {},
                                      .transition = {}};
        ASSERT_TRUE(store.save(*record, {{0, clock.now(), "decision", "x", ""},
                                         {0, clock.now(), kind, "text of " + code,
                                          R"({"code": ")" + code + R"(", "who": "blue", "remedy": "do"})"}}));
    }
    std::string text() { return exposition(metrics.families({})); }

    dns::Name zone = dns::Name::parse("example.").value();
    FakeStore store;
    FakeClock clock;
    Metrics metrics{at_seconds(1)};
    Receiver receiver;
    std::mutex mutex;
    std::string said;
};

TEST_F(OutboxTest, DeliversInOrderWhatComesAfterItsBeginning) {
    auto outbox = open(2);
    happen("alarm", "drift");
    happen("done", "no alarm");
    happen("cleared", "drift");
    outbox->poke();
    EXPECT_THAT(receiver.wait_for(2), ElementsAre("+drift", "-drift"));
}

TEST_F(OutboxTest, ARestartLosesNothingAndRepeatsNothing) {
    {
        auto outbox = open(2);
        happen("alarm", "one");
        outbox->poke();
        receiver.wait_for(1);
        receiver.answer({fail(ErrorKind::unreachable, "nobody is there")});
        happen("alarm", "two");
        outbox->poke();
        receiver.wait_for_attempts(2);
    }
    happen("alarm", "three");
    receiver.answer({});
    auto outbox = open(1000); // it knows where it was
    EXPECT_THAT(receiver.wait_for(3), ElementsAre("+one", "+two", "+three"));
}

TEST_F(OutboxTest, TriesAgainUntilItIsTaken) {
    receiver.answer({fail(ErrorKind::transient, "503"), fail(ErrorKind::unreachable, "no"),
                     fail(ErrorKind::transient, "503"), Expected<void>{}});
    auto outbox = open(2);
    happen("alarm", "drift");
    outbox->poke();
    EXPECT_THAT(receiver.wait_for(1), ElementsAre("+drift"));
    EXPECT_EQ(receiver.wait_for_attempts(4), 4);
    outbox.reset();
    EXPECT_THAT(text(), HasSubstr("tutti_alert_failures_total{channel=\"webhook\"} 3\n"));
    EXPECT_THAT(said, HasSubstr("503"));
}

TEST_F(OutboxTest, GivesUpWhatIsRefusedOrOldAndGoesOn) {
    receiver.answer({fail(ErrorKind::refused, "400"), fail(ErrorKind::refused, "400"), fail(ErrorKind::refused, "400"),
                     fail(ErrorKind::refused, "400"), fail(ErrorKind::refused, "400"), Expected<void>{}});
    auto outbox = open(2);
    happen("alarm", "bad");
    happen("alarm", "good");
    outbox->poke();
    EXPECT_THAT(receiver.wait_for(1), ElementsAre("+good"));
    outbox.reset();
    EXPECT_THAT(text(), HasSubstr("tutti_alerts_dropped_total{channel=\"webhook\"} 1\n"));

    receiver.answer({fail(ErrorKind::unreachable, "no"), Expected<void>{}});
    happen("alarm", "old");
    clock.time += Outbox::kGiveUp + seconds(1);
    happen("alarm", "fresh");
    outbox = open(2);
    EXPECT_THAT(receiver.wait_for(2), ElementsAre("+good", "+fresh"));
}

TEST_F(OutboxTest, InWords) {
    const auto n = notice_of({zone, {7, at_seconds(0), "cleared", "over: x", R"({"code": "drift", "who": "blue"})"}});
    ASSERT_TRUE(n);
    EXPECT_THAT(json_of(*n),
                HasSubstr(R"("kind":"cleared","at":"1970-01-01T00:00:00.000Z","zone":"example.","code":"drift")"));
    const auto mail = mail_of(*n, "a@example", "b@example");
    EXPECT_EQ(mail.subject, "example.: drift is over");
    EXPECT_THAT(mail.body, HasSubstr("tutti explain example."));
    EXPECT_FALSE(notice_of({zone, {7, at_seconds(0), "decision", "x", ""}}));
}

} // namespace
} // namespace tutti::serve
