#pragma once
// For tests: a clock that is set, a data base in a folder of its own, a registry that does what it is told.
#include "accept/test_world.hpp"
#include "agent/agent_store.hpp"
#include "parent/delegation.hpp"
#include "port/clock.hpp"

#include <unistd.h>

#include <deque>
#include <filesystem>

namespace tutti::agent::testing {

class TestClock final : public port::Clock {
  public:
    Instant now() override { return time; }
    std::atomic<Instant> time = accept::testing::kNow;
};

class Folder {
  public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "tutti-agent-XXXXXX").string();
        path = ::mkdtemp(name.data());
    }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string file(const char* name) const { return (path / name).string(); }
    std::filesystem::path path;
};

// Holds one child. What apply() says is in `replies`; without one it makes the change.
class TestRegistry final : public port::RegistryBackend {
  public:
    struct Reply {
        bool change = false; // it is made, whatever is said
        Expected<port::Submission> say;
    };
    const std::string& name() const override { return name_; }
    Expected<accept::Registry> read(const dns::Name&) override {
        const std::scoped_lock lock{mutex};
        ++reads;
        if (unreadable) return std::unexpected(*unreadable);
        return state;
    }
    Expected<port::Submission> apply(const port::RegistryChange& change) override {
        const std::scoped_lock lock{mutex};
        ++asked;
        if (on_apply) on_apply();
        if (parent::reached(state, change.change, true))
            return port::Submission{port::Submission::State::already, "", ""};
        if (auto same = parent::check_expected(state, change); !same) return std::unexpected(same.error());
        Reply reply{true, port::Submission{}};
        if (!replies.empty()) {
            reply = replies.front();
            replies.pop_front();
        }
        if (reply.change) make(change);
        return reply.say;
    }
    void make(const port::RegistryChange& change) {
        state = parent::after(state, change.change);
        if (change.change.ds_ttl) state.ds_ttl = *change.change.ds_ttl;
        ++made;
        last = change;
    }
    Expected<std::string> dry_run(const port::RegistryChange& change) override {
        return "would: " + parent::in_words(change.change);
    }
    Expected<void> messages(const std::function<bool(const port::Notice&)>&) override { return {}; }

    std::mutex mutex;
    accept::Registry state;
    std::deque<Reply> replies;
    std::optional<Error> unreadable;
    std::optional<port::RegistryChange> last;
    std::function<void()> on_apply;
    int reads = 0, asked = 0, made = 0;

  private:
    std::string name_ = "test";
};

} // namespace tutti::agent::testing
