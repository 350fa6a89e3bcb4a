#include "net/resolver.hpp"

#include "dns/message.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unbound.h>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace tutti::net {

namespace {

struct ContextFree {
    void operator()(ub_ctx* context) const { ub_ctx_delete(context); }
};
using Context = std::unique_ptr<ub_ctx, ContextFree>;

struct ResultFree {
    void operator()(ub_result* result) const { ub_resolve_free(result); }
};
using Result = std::unique_ptr<ub_result, ResultFree>;

// One question under way. The thread that asked waits; the resolver's thread fills it in.
struct Pending {
    std::mutex mutex;
    std::condition_variable done;
    bool finished = false;
    int error = 0;
    Result result;
};

Expected<void> check(int code, std::string_view what) {
    if (code == 0) return {};
    return fail(ErrorKind::invalid, fmt::format("resolver: {}: {}", what, ub_strerror(code)));
}

port::Resolver::Answer to_answer(const ub_result& result, const dns::Question& question) {
    port::Resolver::Answer answer;
    answer.secure = result.secure != 0;
    answer.bogus = result.bogus != 0;
    answer.nxdomain = result.nxdomain != 0;
    if (answer.bogus || result.havedata == 0 || result.answer_packet == nullptr || result.answer_len <= 0)
        return answer;
    const auto message = dns::parse_message(
        {static_cast<const std::uint8_t*>(result.answer_packet), static_cast<std::size_t>(result.answer_len)});
    if (!message) return answer;
    // Aliases are followed by the resolver: the records belong to the name at their end.
    for (const auto& record : message->answer)
        if (record.type == question.type) answer.records.push_back(record);
    return answer;
}

class UnboundResolver final : public port::Resolver {
  public:
    UnboundResolver(Context context, Duration deadline) : context_(std::move(context)), deadline_(deadline) {
        thread_ = std::jthread{[this](const std::stop_token& stop) { serve(stop); }};
    }
    ~UnboundResolver() override {
        thread_.request_stop();
        thread_.join(); // before the context goes
    }

    Expected<Answer> resolve(const dns::Question& question) override {
        // Shared with the callback: a question that is given up here may still be answered there.
        auto* const shared = new std::shared_ptr<Pending>{std::make_shared<Pending>()};
        const std::shared_ptr<Pending> pending = *shared;
        const auto where = fmt::format("{} {}", question.name.text(), dns::to_string(question.type));
        int id = 0;
        const int code = ub_resolve_async(context_.get(), question.name.text().c_str(), static_cast<int>(question.type),
                                          1, shared, &UnboundResolver::answered, &id);
        if (code != 0) {
            delete shared;
            return fail(ErrorKind::internal, fmt::format("resolver: {}", ub_strerror(code)), where);
        }
        std::unique_lock lock{pending->mutex};
        if (!pending->done.wait_for(lock, deadline_, [&] { return pending->finished; })) {
            lock.unlock();
            // After a successful cancellation the callback does not come; otherwise it is on its way.
            if (ub_cancel(context_.get(), id) == 0) delete shared;
            return fail(ErrorKind::transient, fmt::format("the resolver has no answer after {}", human(deadline_)),
                        where);
        }
        if (pending->error != 0 || !pending->result)
            return fail(ErrorKind::transient, fmt::format("resolver: {}", ub_strerror(pending->error)), where);
        const ub_result& result = *pending->result;
        if (result.bogus == 0 && result.rcode != 0 && result.nxdomain == 0)
            return fail(ErrorKind::transient,
                        fmt::format("the resolver answers {}", dns::to_string(static_cast<dns::Rcode>(result.rcode))),
                        where);
        return to_answer(result, question);
    }

  private:
    static void answered(void* user, int error, ub_result* result) {
        const std::unique_ptr<std::shared_ptr<Pending>> shared{static_cast<std::shared_ptr<Pending>*>(user)};
        Pending& pending = **shared;
        const std::scoped_lock lock{pending.mutex};
        pending.error = error;
        pending.result.reset(result);
        pending.finished = true;
        pending.done.notify_one();
    }

    void serve(const std::stop_token& stop) {
        pollfd fd{ub_fd(context_.get()), POLLIN, 0};
        while (!stop.stop_requested())
            if (poll(&fd, 1, 50) > 0) ub_process(context_.get());
    }

    Context context_;
    Duration deadline_;
    std::jthread thread_;
};

Expected<void> configure(ub_ctx* context, const ResolverOptions& options) {
    // A thread inside libunbound instead of a child process.
    if (auto ok = check(ub_ctx_async(context, 1), "threads"); !ok) return ok;
    // Test networks live on loopback addresses.
    if (auto ok = check(ub_ctx_set_option(context, "do-not-query-localhost:", "no"), "option"); !ok) return ok;
    for (const auto& server : options.forward) {
        const auto address = fmt::format("{}@{}", server.address, server.port);
        if (auto ok = check(ub_ctx_set_fwd(context, address.c_str()), server.text()); !ok) return ok;
    }
    if (options.forward.empty())
        if (auto ok = check(ub_ctx_resolvconf(context, options.resolv_conf.c_str()), options.resolv_conf); !ok)
            return ok;
    if (!options.trust_anchor_file.empty())
        return check(ub_ctx_add_ta_file(context, options.trust_anchor_file.c_str()), options.trust_anchor_file);
    return {};
}

} // namespace

Expected<std::unique_ptr<port::Resolver>> make_resolver(const ResolverOptions& options) {
    Context context{ub_ctx_create()};
    if (!context) return fail(ErrorKind::internal, "libunbound cannot start");
    if (auto ok = configure(context.get(), options); !ok) return std::unexpected(ok.error());
    return std::make_unique<UnboundResolver>(std::move(context), options.deadline);
}

} // namespace tutti::net
