// Who may do what: every route, for callers who may not.
#include "serve/gate.hpp"

#include "model/json.hpp"
#include "serve/api.hpp"
#include "serve/fakes_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tutti::serve {

namespace {

using testing::HasSubstr;

class Gated : public testing::Test {
  protected:
    void SetUp() override {
        for (const char* zone : {"a.lab.", "b.lab."})
            ASSERT_TRUE(service.add_zone({{"zone", zone}, {"parent", "lab"}, {"signers", {"blue"}}}));
    }
    std::string token(const std::string& name, const boost::json::array& scopes, const boost::json::object& more = {}) {
        boost::json::object body{{"name", name}, {"scopes", scopes}};
        for (const auto& [key, value] : more) body[key] = value;
        const auto made = tokens.add(body, local_caller());
        return made ? std::string(made->as_object().at("token").as_string()) : "none: " + made.error().error.text();
    }
    Response call(const std::string& secret, const std::string& method, const std::string& target,
                  const std::string& body = "") {
        Incoming in;
        in.method = method;
        in.target = target;
        in.body = body;
        in.content_type = body.empty() ? "" : "application/json";
        in.address = "192.0.2.7";
        if (!secret.empty()) in.authorization = "Bearer " + secret;
        return gate.handle(in);
    }
    static std::string code(const Response& r) {
        const auto json = model::parse_json(r.body).value();
        const auto* out = json.as_object().if_contains("code");
        return std::to_string(r.status) + (out == nullptr ? "" : " " + std::string(out->as_string()));
    }
    // A path of the route: names that exist where possible.
    static std::string path_of(const Route& route, const std::string& zone) {
        std::string out = route.pattern;
        for (const auto& [from, to] :
             {std::pair<std::string, std::string>{"{zone}", zone}, {"{name}", "blue"}, {"{id}", "0"}})
            if (const auto at = out.find(from); at != std::string::npos) out.replace(at, from.size(), to);
        return out;
    }
    std::string state() {
        std::string out;
        for (const auto& zone : bench.store.zones().value())
            out += zone.text() + std::to_string(bench.store.load(zone)->revision);
        for (const char* kind : {"signer", "parent", "token"})
            for (const auto& [name, text] : bench.store.configs(kind).value()) out += name + text;
        return out;
    }

    Bench bench;
    Service service{bench.deps()};
    Tokens tokens{bench.store, bench.clock};
    Proposals proposals{bench.store, bench.clock, service, {}};
    Router router{[this] {
        auto all = api(service, proposals);
        for (auto& r : proposal_routes(proposals)) all.push_back(r);
        for (auto& r : audit_routes(bench.ledger)) all.push_back(r);
        for (auto& r : token_routes(tokens)) all.push_back(r);
        return all;
    }()};
    Gate gate{router,
              tokens,
              bench.ledger,
              bench.clock,
              {.per_second = 10'000, .burst = 10'000, .failures_per_minute = 10'000}};
};

} // namespace

TEST_F(Gated, EveryRouteRefusesWhoMayNot) {
    const auto reader = token("reader", {"read"}), planner = token("planner", {"plan"}),
               applier = token("applier", {"apply"}), approver = token("approver", {"approve"});
    const std::map<Scope, std::string> one_less = {
        {Scope::plan, reader}, {Scope::apply, planner}, {Scope::admin, applier}, {Scope::approve, applier}};
    const auto before = state();
    for (const auto& route : router.routes()) {
        const auto path = path_of(route, "a.lab.");
        if (route.scope == Scope::none) continue;
        EXPECT_EQ(code(call("", route.method, path)), "401 token-missing") << route.method << path;
        EXPECT_EQ(code(call("tutti_0123", route.method, path)), "401 token-invalid") << route.method << path;
        if (route.scope == Scope::read) continue;
        EXPECT_EQ(code(call(one_less.at(route.scope), route.method, path)), "403 scope-missing")
            << route.method << path;
        if (route.scope != Scope::approve)
            EXPECT_EQ(code(call(approver, route.method, path)), "403 scope-missing") << route.method << path;
    }
    EXPECT_EQ(state(), before);
}

TEST_F(Gated, EveryRouteKeepsToTheZonesOfAToken) {
    const auto limited = token("limited", {"admin"}, {{"zones", {"a.lab."}}});
    const auto before = state();
    for (const auto& route : router.routes()) {
        if (route.narrow) continue;
        EXPECT_EQ(code(call(limited, route.method, path_of(route, "b.lab."))), "403 zone-forbidden")
            << route.method << route.pattern;
    }
    EXPECT_EQ(code(call(limited, "POST", "/v1/zones", R"({"zone":"c.lab.","parent":"lab","signers":["blue"]})")),
              "403 zone-forbidden");
    EXPECT_EQ(state(), before);
    EXPECT_EQ(call(limited, "GET", "/v1/zones/A.lab").status, 200);
    const auto list = model::parse_json(call(limited, "GET", "/v1/zones").body).value().as_object();
    EXPECT_EQ(list.at("zones").as_array().size(), 1U);
    EXPECT_EQ(list.at("total").as_int64(), 1);
}

TEST_F(Gated, ScopesIncludeEachOther) {
    const auto planner = token("planner", {"plan"}), approver = token("approver", {"approve"});
    EXPECT_EQ(call(planner, "GET", "/v1/zones").status, 200);
    EXPECT_EQ(call(planner, "POST", "/v1/zones/a.lab./plan", R"({"signers":["green"]})").status, 200);
    EXPECT_EQ(code(call(planner, "PUT", "/v1/zones/a.lab./intent", R"({"signers":["green"]})")), "403 scope-missing");
    EXPECT_EQ(call(approver, "GET", "/v1/zones").status, 200);
    EXPECT_EQ(code(call(approver, "POST", "/v1/zones/a.lab./plan", "{}")), "403 scope-missing");
    EXPECT_THAT(call(planner, "GET", "/v1/whoami").body,
                HasSubstr(R"({"name":"token:planner","scopes":["plan"],"zones":null})"));
}

TEST_F(Gated, TokensExpireAndStayWhereTheyBelong) {
    const auto soon = token("soon", {"read"}, {{"expires", "2025-11-25T00:00:00Z"}});
    const auto near = token("near", {"read"}, {{"from", {"192.0.2.0/24", "2001:db8::/32"}}});
    const auto far = token("far", {"read"}, {{"from", {"198.51.100.0/24"}}});
    EXPECT_EQ(call(soon, "GET", "/v1/zones").status, 200) << soon;
    EXPECT_EQ(call(near, "GET", "/v1/zones").status, 200) << near;
    EXPECT_EQ(code(call(far, "GET", "/v1/zones")), "403 source-forbidden");
    bench.clock.time += std::chrono::days(2);
    EXPECT_EQ(code(call(soon, "GET", "/v1/zones")), "401 token-expired");
}

TEST_F(Gated, TokensAreStoredAsHashesAndSurviveARestart) {
    const auto secret = token("robot", {"apply"}, {{"zones", {"a.lab."}}, {"expires", "2030-01-01T00:00:00Z"}});
    ASSERT_TRUE(secret.starts_with("tutti_")) << secret;
    EXPECT_EQ(secret.size(), 6U + 64U);
    EXPECT_EQ(state().find(secret), std::string::npos);
    Tokens again(bench.store, bench.clock);
    ASSERT_TRUE(again.load());
    const auto caller = again.check(secret, "192.0.2.7");
    ASSERT_TRUE(caller);
    EXPECT_EQ(caller->name, "token:robot");
    EXPECT_EQ(caller->zones.size(), 1U);
    EXPECT_EQ(again.one("robot").value(), tokens.one("robot").value());
    ASSERT_TRUE(again.remove("robot"));
    EXPECT_FALSE(again.check(secret, ""));
    EXPECT_TRUE(bench.store.configs("token")->empty());
}

TEST_F(Gated, RefusesTokensThatCannotBeRight) {
    const auto admin = token("root", {"admin"});
    const auto add = [&](const std::string& body) { return code(call(admin, "POST", "/v1/tokens", body)); };
    EXPECT_EQ(add(R"({"name":"x","scopes":["all"]})"), "400 token-settings-invalid");
    EXPECT_EQ(add(R"({"name":"x","scopes":[]})"), "400 token-settings-invalid");
    EXPECT_EQ(add(R"({"name":"X y","scopes":["read"]})"), "400 token-settings-invalid");
    EXPECT_EQ(add(R"({"name":"x","scopes":["read"],"from":["nowhere"]})"), "400 token-settings-invalid");
    EXPECT_EQ(add(R"({"name":"x","scopes":["read"],"zones":["a..b"]})"), "400 token-settings-invalid");
    EXPECT_EQ(add(R"({"name":"x","scopes":["read"],"expires":"2001-01-01T00:00:00Z"})"), "400 token-settings-invalid");
    EXPECT_EQ(add(R"({"name":"root","scopes":["read"]})"), "409 token-exists");
    EXPECT_EQ(add(R"({"name":"x","scopes":["read"],"hash":"0"})"), "400 body-invalid");
    EXPECT_EQ(code(call(admin, "GET", "/v1/tokens/nobody")), "404 token-unknown");
}

TEST_F(Gated, TheSocketIsForThisUserAlone) {
    Incoming in;
    in.method = "GET";
    in.target = "/v1/zones";
    EXPECT_EQ(code(gate.handle(in)), "401 token-missing") << "somebody else's process";
    in.local = true;
    EXPECT_EQ(gate.handle(in).status, 200);
    in.authorization = "Bearer wrong";
    EXPECT_EQ(code(gate.handle(in)), "401 token-invalid") << "a token that is sent counts";
}

TEST_F(Gated, PublicReadIsForReading) {
    Gate open(router, tokens, bench.ledger, bench.clock, {.public_read = true});
    Incoming in;
    in.method = "GET";
    in.target = "/v1/zones/a.lab.";
    in.address = "192.0.2.7";
    EXPECT_EQ(open.handle(in).status, 200);
    in.target = "/v1/tokens";
    EXPECT_EQ(code(open.handle(in)), "401 token-missing");
    in.method = "DELETE";
    in.target = "/v1/zones/a.lab.";
    EXPECT_EQ(code(open.handle(in)), "401 token-missing");
}

TEST_F(Gated, TooManyRequestsAndTooManyGuesses) {
    Gate narrow(router, tokens, bench.ledger, bench.clock, {.per_second = 0.001, .burst = 3, .failures_per_minute = 2});
    Incoming in;
    in.method = "GET";
    in.target = "/v1/health";
    in.address = "192.0.2.7";
    for (int i = 0; i < 3; ++i) EXPECT_EQ(narrow.handle(in).status, 200);
    const auto no = narrow.handle(in);
    EXPECT_EQ(code(no), "429 rate-limited");
    ASSERT_NE(no.header("Retry-After"), nullptr);
    in.address = "192.0.2.8";
    EXPECT_EQ(narrow.handle(in).status, 200) << "others are not affected";
    in.authorization = "Bearer guess";
    EXPECT_EQ(code(narrow.handle(in)), "401 token-invalid");
    EXPECT_EQ(code(narrow.handle(in)), "401 token-invalid");
    EXPECT_EQ(code(narrow.handle(in)), "429 rate-limited");
    in.authorization = "Bearer " + token("right", {"read"});
    EXPECT_EQ(narrow.handle(in).status, 200) << "others behind the same proxy are not kept out";
}

TEST_F(Gated, BodiesAreJson) {
    Incoming in;
    in.method = "POST";
    in.target = "/v1/zones/a.lab./pause";
    in.body = "{}";
    in.content_type = "application/x-www-form-urlencoded";
    in.local = true;
    EXPECT_EQ(code(gate.handle(in)), "415 content-type");
    in.content_type = "application/json; charset=utf-8";
    EXPECT_EQ(gate.handle(in).status, 200);
}

TEST_F(Gated, AChangeKeepsToWhatItsCallerSaw) {
    const auto admin = token("root", {"admin"});
    const auto seen = call(admin, "GET", "/v1/zones/a.lab.");
    ASSERT_NE(seen.header("ETag"), nullptr);
    Incoming in;
    in.authorization = "Bearer " + admin;
    in.address = "192.0.2.7";
    in.if_match = *seen.header("ETag");
    in.content_type = "application/json";
    const auto change = [&](const std::string& method, const std::string& target, const std::string& body) {
        in.method = method;
        in.target = target;
        in.body = body;
        return code(gate.handle(in));
    };
    EXPECT_EQ(change("PUT", "/v1/zones/a.lab./mode", R"({"mode":"manual"})"), "200");
    const auto before = state();
    EXPECT_EQ(change("PUT", "/v1/zones/a.lab./mode", R"({"mode":"automatic"})"), "412 etag-mismatch");
    EXPECT_EQ(change("PUT", "/v1/zones/a.lab./intent", R"({"signers":["green"]})"), "412 etag-mismatch");
    for (const char* verb : {"pause", "resume", "step"})
        EXPECT_EQ(change("POST", std::string("/v1/zones/a.lab./") + verb, ""), "412 etag-mismatch");
    EXPECT_EQ(change("DELETE", "/v1/zones/a.lab.", ""), "412 etag-mismatch");
    EXPECT_EQ(change("DELETE", "/v1/signers/green", ""), "412 etag-mismatch");
    EXPECT_EQ(change("DELETE", "/v1/parents/lab", ""), "412 etag-mismatch");
    EXPECT_EQ(change("DELETE", "/v1/tokens/root", ""), "412 etag-mismatch");
    EXPECT_EQ(state(), before);
    in.if_match = "\"other\", " + *call(admin, "GET", "/v1/zones/a.lab./intent").header("ETag");
    EXPECT_EQ(change("PUT", "/v1/zones/a.lab./mode", R"({"mode":"automatic"})"), "200");
}

TEST_F(Gated, QueriesAreReadStrictly) {
    const auto reader = token("reader", {"read"});
    EXPECT_EQ(code(call(reader, "GET", "/v1/zones?colour=red")), "400 query-invalid");
    EXPECT_EQ(code(call(reader, "GET", "/v1/zones?limit=5&limit=6")), "400 query-invalid");
    EXPECT_EQ(code(call(reader, "GET", "/v1/zones?limit=99999999")), "400 query-invalid");
    EXPECT_EQ(code(call(reader, "GET", "/v1/zones?sort=size")), "400 query-invalid");
    EXPECT_EQ(code(call(reader, "GET", "/v1/zones?cursor=x")), "400 query-invalid");
    EXPECT_EQ(code(call(reader, "GET", "/v1/zones/a.lab.?x=y")), "400 query-invalid");
}

TEST_F(Gated, WritesDownWhoAskedForWhatBeforeItIsDone) {
    const auto admin = token("root", {"admin"}), reader = token("reader", {"read"});
    call(admin, "GET", "/v1/zones");
    call(admin, "POST", "/v1/zones/a.lab./plan", R"({"signers":["green"]})");
    EXPECT_TRUE(bench.ledger.lines.empty()) << "nothing was changed";
    EXPECT_EQ(call(admin, "POST", "/v1/zones/a.lab./pause").status, 200);
    call(reader, "DELETE", "/v1/zones/a.lab.");
    call("tutti_guess", "GET", "/v1/zones");
    call("", "GET", "/v1/zones");
    ASSERT_EQ(bench.ledger.lines.size(), 4U);
    EXPECT_THAT(bench.ledger.lines[0].text,
                AllOf(HasSubstr(R"("who":"token:root")"), HasSubstr("/v1/zones/a.lab./pause")));
    EXPECT_THAT(bench.ledger.lines[1].text, AllOf(HasSubstr(R"("asked":1)"), HasSubstr(R"("status":200)")));
    EXPECT_THAT(bench.ledger.lines[2].text, HasSubstr("scope-missing"));
    EXPECT_THAT(bench.ledger.lines[3].text, AllOf(HasSubstr("token-invalid"), Not(HasSubstr("guess"))));
    bench.ledger.full = true;
    const auto before = state();
    EXPECT_EQ(code(call(admin, "POST", "/v1/zones/a.lab./resume")), "503 audit-unwritable");
    EXPECT_EQ(state(), before) << "what cannot be written down is not done";
}

TEST_F(Gated, ARequestWithAKeyIsCarriedOutOnce) {
    Incoming in;
    in.method = "POST";
    in.target = "/v1/tokens";
    in.body = R"({"name":"robot","scopes":["read"]})";
    in.content_type = "application/json";
    in.idempotency_key = "0815";
    in.local = true;
    const auto first = gate.handle(in), again = gate.handle(in);
    EXPECT_EQ(first.status, 201);
    EXPECT_EQ(again.status, 201);
    EXPECT_THAT(first.body, HasSubstr("\"token\":\"tutti_"));
    EXPECT_THAT(again.body, Not(HasSubstr("tutti_"))) << "the secret is not kept";
    ASSERT_NE(again.header("Idempotent-Replay"), nullptr);
    in.body = R"({"name":"other","scopes":["read"]})";
    EXPECT_EQ(code(gate.handle(in)), "422 idempotency-key-reused");
    bench.ledger.once.begin()->second.done = false;
    in.body = R"({"name":"robot","scopes":["read"]})";
    EXPECT_EQ(code(gate.handle(in)), "409 idempotency-unfinished") << "nobody knows what came of it";
    in.idempotency_key = "a b";
    EXPECT_EQ(code(gate.handle(in)), "400 idempotency-key-invalid");
}

TEST_F(Gated, CommandsAreGivenAtTheSocketOnly) {
    const auto admin = token("root", {"admin"});
    const std::string exec = R"({"name":"x","driver":"exec","servers":["127.0.0.1"],"command":"/bin/true"})";
    EXPECT_EQ(code(call(admin, "POST", "/v1/parents", exec)), "403 local-only");
    EXPECT_EQ(code(call(admin, "POST", "/v1/signers",
                        R"({"name":"x","driver":"rfc2136","servers":["127.0.0.1"],"ns":["n."],)"
                        R"("tsig":{"name":"c.","secret":"command:id"}})")),
              "403 local-only");
    EXPECT_EQ(router.dispatch("POST", "/v1/parents", exec).status, 201);
    const auto reader = token("reader", {"read"});
    EXPECT_THAT(call(reader, "GET", "/v1/signers/blue").body, Not(HasSubstr("tsig")));
    EXPECT_THAT(call(admin, "GET", "/v1/signers/blue").body, HasSubstr("tsig"));
}

TEST_F(Gated, NobodyApprovesHisOwn) {
    Proposals strict(bench.store, bench.clock, service, {.always = true});
    Request r;
    r.params["zone"] = "a.lab.";
    r.body = {{"signers", {"blue", "green"}}, {"probe", false}};
    r.caller = {.name = "token:alice", .scopes = {Scope::apply, Scope::approve}};
    const auto proposed = strict.set_intent(r);
    ASSERT_TRUE(proposed);
    EXPECT_EQ(proposed->status, 202);
    const std::string id(proposed->json.as_object().at("id").as_string());
    const auto intent = [&] { return bench.store.load(dns::Name::parse("a.lab.").value())->intent.signers.size(); };
    EXPECT_EQ(intent(), 1U);
    EXPECT_EQ(strict.approve(id, r.caller, "").error().code, "own-proposal");
    const Caller robot{.name = "token:robot", .scopes = {Scope::approve}, .made_by = "token:alice"};
    EXPECT_EQ(strict.approve(id, robot, "").error().code, "own-proposal") << "a token that she made is hers";
    EXPECT_EQ(intent(), 1U);
    const Caller bob{.name = "token:bob", .scopes = {Scope::approve}, .made_by = "local"};
    ASSERT_TRUE(strict.approve(id, bob, ""));
    EXPECT_EQ(intent(), 2U);
    EXPECT_EQ(strict.approve(id, bob, "").error().code, "proposal-decided");
}

} // namespace tutti::serve
