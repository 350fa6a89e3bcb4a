#include "serve/api.hpp"

#include "model/json.hpp"
#include "serve/fakes_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tutti::serve {

namespace {

using testing::HasSubstr;

class Api : public testing::Test {
  protected:
    struct Answer {
        int status;
        Json json;
        std::string text(const char* key) const {
            const auto* v = json.as_object().if_contains(key);
            return v != nullptr && v->is_string() ? std::string(v->get_string()) : "";
        }
    };
    Answer call(const std::string& method, const std::string& path, const std::string& body = "") {
        const auto response = router.dispatch(method, path, body);
        return {response.status, model::parse_json(response.body).value()};
    }
    // The stable code of a refusal, which must have changed nothing.
    std::string refusal(const std::string& method, const std::string& path, const std::string& body = "") {
        const auto before = store_text();
        const auto answer = call(method, path, body);
        EXPECT_GE(answer.status, 400) << serialize(answer.json);
        EXPECT_EQ(store_text(), before);
        last = answer.text("detail");
        return answer.text("code");
    }
    std::string store_text() {
        std::string out;
        for (const auto& zone : bench.store.zones().value()) {
            const auto r = bench.store.load(zone).value();
            out += zone.text() + serialize(model::to_json(r.intent)) + std::to_string(r.revision) + ' ';
        }
        for (const char* kind : {"signer", "parent"})
            for (const auto& [name, text] : bench.store.configs(kind).value()) out += name + text;
        return out;
    }
    void add_example() {
        const auto a = call("POST", "/v1/zones", R"({"zone":"example.lab.","parent":"lab","signers":["blue"]})");
        ASSERT_EQ(a.status, 201) << serialize(a.json);
    }

    Bench bench;
    Service service{bench.deps()};
    Proposals proposals{bench.store, bench.clock, service, {}};
    Router router{api(service, proposals)};
    std::string last;
};

} // namespace

TEST_F(Api, KnowsWhatItDoesNotKnow) {
    EXPECT_EQ(refusal("GET", "/v1/nothing"), "path-unknown");
    const auto r = router.dispatch("DELETE", "/v1/zones", "");
    EXPECT_EQ(r.status, 405);
    ASSERT_NE(r.header("Allow"), nullptr);
    EXPECT_EQ(*r.header("Allow"), "GET, POST");
    EXPECT_EQ(r.content_type, "application/problem+json");
    EXPECT_EQ(refusal("GET", "/v1/zones/%zz"), "path-unknown");
    EXPECT_EQ(refusal("POST", "/v1/zones", "{"), "body-invalid");
    EXPECT_EQ(refusal("POST", "/v1/zones", "[1]"), "body-invalid");
    EXPECT_EQ(refusal("POST", "/v1/zones", R"({"zone":"a.","zone":"b."})"), "body-invalid");
}

TEST_F(Api, ProblemsFollowRfc9457) {
    const auto a = call("GET", "/v1/zones/nobody.");
    EXPECT_EQ(a.status, 404);
    EXPECT_EQ(a.text("type"), "urn:tutti:problem:zone-unknown");
    EXPECT_EQ(a.json.as_object().at("status").as_int64(), 404);
    EXPECT_EQ(a.text("kind"), "not-found");
    EXPECT_EQ(a.text("where"), "nobody.");
    EXPECT_THAT(a.text("remedy"), HasSubstr("tutti zone list"));
}

TEST_F(Api, Health) {
    const auto a = call("GET", "/v1/health");
    EXPECT_EQ(a.text("status"), "ok");
    EXPECT_EQ(a.text("version"), "test");
}

TEST_F(Api, AddsAZone) {
    add_example();
    EXPECT_EQ(bench.zones.size(), 1U);
    const auto a = call("GET", "/v1/zones/EXAMPLE.lab");
    EXPECT_EQ(a.text("zone"), "example.lab.");
    EXPECT_EQ(a.text("parent"), "lab");
    EXPECT_EQ(a.text("state"), "new");
    EXPECT_EQ(call("GET", "/v1/zones").json.as_object().at("zones").as_array().size(), 1U);
    const auto h = call("GET", "/v1/zones/example.lab./history").json.as_object().at("events").as_array();
    ASSERT_EQ(h.size(), 1U);
    EXPECT_EQ(h[0].at("kind").as_string(), "added");
}

TEST_F(Api, RefusesAZoneThatCannotBeRight) {
    const auto add = [&](const std::string& rest) { return refusal("POST", "/v1/zones", "{" + rest + "}"); };
    EXPECT_EQ(add(R"("zone":"example.lab","parent":"lab","signers":["blue"])"), "zone-invalid");
    EXPECT_THAT(last, HasSubstr("end it with a dot: \"example.lab.\""));
    EXPECT_EQ(add(R"("zone":"a..b.","parent":"lab","signers":["blue"])"), "zone-invalid");
    EXPECT_EQ(add(R"("zone":".","parent":"lab","signers":["blue"])"), "zone-invalid");
    EXPECT_EQ(add(R"("zone":"","parent":"lab","signers":["blue"])"), "body-invalid");
    EXPECT_EQ(add(R"("zone":"example.lab.","parent":"lap","signers":["blue"])"), "parent-unknown");
    EXPECT_THAT(last, HasSubstr("did you mean \"lab\"?"));
    EXPECT_EQ(add(R"("zone":"example.lab.","parent":"lab","signers":["bleu"])"), "signer-unknown");
    EXPECT_THAT(last, HasSubstr("did you mean \"blue\"?"));
    EXPECT_EQ(add(R"("zone":"example.lab.","parent":"lab","signers":[])"), "signers-empty");
    EXPECT_EQ(add(R"("zone":"example.lab.","parent":"lab","signers":["blue","blue"])"), "signers-duplicate");
    EXPECT_EQ(add(R"("zone":"example.lab.","parent":"lab","signers":"blue")"), "body-invalid");
    EXPECT_EQ(add(R"("zone":"example.lab.","parent":"lab","signers":["blue"],"mode":"auto")"), "mode-invalid");
    EXPECT_EQ(add(R"("zone":"example.lab.","parent":"lab","signers":["blue"],"polcy":{})"), "body-invalid");
    EXPECT_THAT(last, HasSubstr("did you mean \"policy\"?"));
    EXPECT_EQ(add(R"("zone":"example.lab.","parent":"lab","signers":["blue"],"policy":{"margin_s":"x"})"),
              "policy-invalid");
    add_example();
    EXPECT_EQ(add(R"("zone":"example.lab.","parent":"lab","signers":["blue"])"), "zone-exists");
}

TEST_F(Api, RefusesASignerThatCannotTakePart) {
    bench.signer("blue")->report->checks.push_back({"foreign DNSKEY records are published",
                                                    port::Check::Verdict::failed, "direct-dnskey=no",
                                                    "set direct-dnskey=yes"});
    EXPECT_EQ(refusal("POST", "/v1/zones", R"({"zone":"example.lab.","parent":"lab","signers":["blue"]})"),
              "probe-failed");
    EXPECT_THAT(last, HasSubstr("set direct-dnskey=yes"));
    bench.signer("blue")->report = fail(ErrorKind::auth, "BADKEY", "127.0.0.1", "check the key");
    EXPECT_EQ(refusal("POST", "/v1/zones", R"({"zone":"example.lab.","parent":"lab","signers":["blue"]})"),
              "probe-failed");
    EXPECT_THAT(last, HasSubstr("blue cannot take part: 127.0.0.1: BADKEY. check the key"));
    EXPECT_EQ(
        call("POST", "/v1/zones", R"({"zone":"example.lab.","parent":"lab","signers":["blue"],"probe":false})").status,
        201);
}

TEST_F(Api, SetsTheIntentAndNothingElse) {
    add_example();
    bench.looks.clear();
    const auto a = call("PUT", "/v1/zones/example.lab./intent", R"({"signers":["green"]})");
    ASSERT_EQ(a.status, 200) << serialize(a.json);
    const auto r = bench.store.load(dns::Name::parse("example.lab.").value()).value();
    EXPECT_EQ(r.intent.signers, std::vector<std::string>{"green"});
    EXPECT_EQ(r.intent.policy.trust_past, true);
    EXPECT_EQ(r.decision.state, model::Decision::State::act) << "an old \"done\" must not stand";
    ASSERT_TRUE(r.transition);
    EXPECT_EQ(r.transition->started, bench.clock.time);
    EXPECT_EQ(bench.looks, std::vector<std::string>{"example.lab."});
    EXPECT_EQ(bench.world.changes, 0) << "changes are the engine's";
}

TEST_F(Api, RefusesAnIntentThatCannotBeRight) {
    add_example();
    const auto set = [&](const std::string& body) { return refusal("PUT", "/v1/zones/example.lab./intent", body); };
    EXPECT_EQ(set(R"({"signers":["gren"]})"), "signer-unknown");
    EXPECT_EQ(set(R"({"signers":[]})"), "signers-empty");
    EXPECT_EQ(set(R"({"signers":["blue"],"dead":["blue"]})"), "signer-dead-and-member");
    EXPECT_EQ(set(R"({"signers":["green"],"dead":["red"]})"), "signer-unknown");
    EXPECT_EQ(set(R"({"signers":["green"],"dead":["blue","blue"]})"), "signers-duplicate");
    EXPECT_EQ(refusal("PUT", "/v1/zones/other.lab./intent", R"({"signers":["blue"]})"), "zone-unknown");
}

TEST_F(Api, WishesBeyondSigners) {
    add_example();
    const auto zone = dns::Name::parse("example.lab.").value();
    const auto put = [&](const std::string& body) { return call("PUT", "/v1/zones/example.lab./intent", body).status; };
    const auto set = [&](const std::string& body) { return refusal("PUT", "/v1/zones/example.lab./intent", body); };
    EXPECT_EQ(put(R"({"secure":false,"algorithms":["13","15"]})"), 200) << last;
    EXPECT_FALSE(bench.store.load(zone).value().intent.secure);
    EXPECT_EQ(bench.store.load(zone).value().intent.algorithms, (std::vector<std::uint8_t>{13, 15}));
    EXPECT_EQ(set(R"({"algorithms":["ECDSA"]})"), "algorithm-invalid");
    EXPECT_EQ(set(R"({"distrust":["blue/1"]})"), "key-unknown");
    EXPECT_EQ(set(R"({"signers":["blue","green"],"ksk_holder":"red"})"), "ksk-holder-invalid");
    EXPECT_EQ(set(R"({"signers":["blue","green"],"ksk_holder":"blue"})"), "cannot-be-reached") << "nobody can copy";
    EXPECT_THAT(last, HasSubstr("green cannot serve the DNSKEY RRset that blue signs"));
    EXPECT_EQ(put(R"({"ksk_holder":"blue"})"), 200) << last;
    EXPECT_EQ(bench.store.load(zone).value().intent.ksk_holder, "blue");
    EXPECT_EQ(put(R"({"ksk_holder":""})"), 200) << last;
    EXPECT_EQ(set(R"({"secure":"no"})"), "body-invalid");
}

TEST_F(Api, RefusesSignersWithDifferentAlgorithms) {
    add_example();
    bench.world.algorithms["green"] = 8;
    EXPECT_EQ(refusal("PUT", "/v1/zones/example.lab./intent", R"({"signers":["blue","green"]})"), "cannot-be-reached");
    EXPECT_THAT(last, HasSubstr("lgorithm"));
    EXPECT_THAT(last, HasSubstr("green with RSASHA256"));
}

TEST_F(Api, PlansWithoutChangingAnything) {
    add_example();
    const auto before = store_text();
    const auto a = call("POST", "/v1/zones/example.lab./plan", R"({"signers":["blue","green"]})");
    ASSERT_EQ(a.status, 200) << serialize(a.json);
    EXPECT_EQ(a.text("end"), "done") << serialize(a.json);
    EXPECT_GT(a.json.as_object().at("changes").to_number<int>(), 2);
    EXPECT_GE(a.json.as_object().at("total_s").to_number<double>(), 30);
    const auto& step = a.json.as_object().at("steps").as_array().at(0).as_object();
    const auto& action = step.at("actions").as_array().at(0).as_object();
    EXPECT_FALSE(action.at("at").as_string().empty());
    EXPECT_FALSE(action.at("records").as_object().at("add").as_array().empty());
    EXPECT_EQ(store_text(), before);
    EXPECT_EQ(bench.world.changes, 0);
    EXPECT_EQ(refusal("POST", "/v1/zones/example.lab./plan", R"({"signers":["grey"]})"), "signer-unknown");
}

TEST_F(Api, ExplainsWhatTheEngineDecided) {
    add_example();
    const auto name = dns::Name::parse("example.lab.").value();
    auto r = bench.store.load(name).value();
    engine::reconcile(name, {bench.clock, bench.world, bench.store}, {});
    const auto a = call("GET", "/v1/zones/example.lab./explain").json.as_object();
    EXPECT_NE(a.at("state").as_string(), "new");
    const auto& view = a.at("view").as_object();
    const auto& blue = view.at("signers").as_array().at(0).as_object();
    EXPECT_EQ(blue.at("name").as_string(), "blue");
    EXPECT_EQ(blue.at("dnskey").as_array().size(), 1U);
    EXPECT_EQ(blue.at("servers").as_array().at(0).as_object().at("address").as_string(), "127.0.0.1");
    EXPECT_EQ(view.at("parent").as_object().at("ds").as_array().size(), 1U);
    for (const char* field : {"since", "until", "seconds_left", "because", "alarms", "actions", "submit", "transition"})
        EXPECT_TRUE(a.contains(field)) << field;
}

TEST_F(Api, ShowsTheVersionsAndKeysOfAZone) {
    add_example();
    EXPECT_TRUE(call("GET", "/v1/zones/example.lab./timeline").json.as_object().at("versions").as_array().empty())
        << "before the first look";
    const auto name = dns::Name::parse("example.lab.").value();
    engine::reconcile(name, {bench.clock, bench.world, bench.store}, {});
    const auto line = call("GET", "/v1/zones/example.lab./timeline").json.as_object();
    const auto has = [&](const char* track, const char* at) {
        for (const auto& v : line.at("versions").as_array())
            if (v.at("track").as_string() == track && v.at("at").as_string() == at && v.at("current").as_bool()) {
                EXPECT_FALSE(v.at("content").as_array().empty()) << track;
                EXPECT_TRUE(v.at("until").is_null()) << "it is still served";
                return true;
            }
        return false;
    };
    EXPECT_TRUE(has("dnskey", "blue") && has("data", "blue") && has("ns", "blue"));
    EXPECT_TRUE(has("ds", "parent") && has("ns", "parent"));
    const auto keys = call("GET", "/v1/zones/example.lab./keys").json.as_object().at("keys").as_array();
    ASSERT_EQ(keys.size(), 1U);
    EXPECT_EQ(keys[0].at("owner").as_string(), "blue");
    EXPECT_EQ(keys[0].at("published_by").as_array().size(), 1U);
    EXPECT_TRUE(keys[0].at("ds").as_bool());
    EXPECT_EQ(call("GET", "/v1/zones/example.lab./observation").json.as_object().at("signers").as_array().size(), 1U);
    EXPECT_EQ(call("GET", "/v1/zones/example.lab./intent").json.as_object().at("signers").as_array().size(), 1U);
    EXPECT_NE(call("GET", "/v1/zones/example.lab./decision").text("state"), "new");
}

TEST_F(Api, ForecastsWhatIsWanted) {
    add_example();
    EXPECT_EQ(call("GET", "/v1/zones/example.lab./forecast").text("end"), "blocked") << "nothing is known yet";
    const auto name = dns::Name::parse("example.lab.").value();
    engine::reconcile(name, {bench.clock, bench.world, bench.store}, {});
    const auto told = call("GET", "/v1/zones/example.lab./forecast").json.as_object();
    EXPECT_EQ(told.at("end").as_string(), "done");
    EXPECT_FALSE(told.at("versions").as_array().empty());
    EXPECT_FALSE(told.contains("view"));
}

TEST_F(Api, ModesPauseAndSteps) {
    add_example();
    EXPECT_EQ(refusal("POST", "/v1/zones/example.lab./step"), "mode-automatic");
    EXPECT_EQ(refusal("PUT", "/v1/zones/example.lab./mode", R"({"mode":"x"})"), "mode-invalid");
    EXPECT_EQ(call("PUT", "/v1/zones/example.lab./mode", R"({"mode":"manual"})").text("mode"), "manual");
    EXPECT_EQ(call("POST", "/v1/zones/example.lab./step").json.as_object().at("steps").as_int64(), 1);
    EXPECT_TRUE(call("POST", "/v1/zones/example.lab./pause").json.as_object().at("paused").as_bool());
    EXPECT_FALSE(call("POST", "/v1/zones/example.lab./resume").json.as_object().at("paused").as_bool());
}

TEST_F(Api, AddsAndRemovesSigners) {
    const std::string red = R"({"name":"red","driver":"rfc2136","servers":["127.0.3.1"],"ns":["ns.red.lab."],
        "tsig":{"name":"ctl.","secret":"file:/good"}})";
    const auto a = call("POST", "/v1/signers", red);
    ASSERT_EQ(a.status, 201) << serialize(a.json);
    EXPECT_EQ(a.text("from"), "api");
    EXPECT_EQ(refusal("POST", "/v1/signers", red), "signer-exists");
    EXPECT_THAT(bench.store.configs("signer").value().at(0).second, Not(HasSubstr("c2VjcmV0")))
        << "no secrets in the store";
    EXPECT_EQ(call("GET", "/v1/signers").json.as_object().at("signers").as_array().size(), 3U);
    EXPECT_EQ(call("POST", "/v1/signers/red/probe", R"({"zone":"example.lab"})").json.as_object().at("usable"), true);
    EXPECT_EQ(refusal("DELETE", "/v1/signers/blue"), "signer-in-file");
    ASSERT_EQ(call("POST", "/v1/zones", R"({"zone":"r.lab.","parent":"lab","signers":["red"],"probe":false})").status,
              201);
    EXPECT_EQ(refusal("DELETE", "/v1/signers/red"), "signer-in-use");
    EXPECT_EQ(call("DELETE", "/v1/zones/r.lab.").status, 200);
    EXPECT_EQ(call("DELETE", "/v1/signers/red").status, 200);
    EXPECT_EQ(refusal("GET", "/v1/signers/red"), "signer-unknown");
}

TEST_F(Api, RefusesASignerThatCannotBeRight) {
    const auto add = [&](const std::string& rest) {
        return refusal("POST", "/v1/signers",
                       R"({"driver":"rfc2136","servers":["127.0.3.1"],"ns":["ns.red.lab."],)" + rest + "}");
    };
    EXPECT_EQ(add(R"("name":"red","tsig":{"name":"ctl.","secret":"file:/no/such"})"), "secret-unreadable");
    EXPECT_EQ(add(R"("name":"red","tsig":{"name":"ctl.","secret":"file:good"})"), "secret-unreadable");
    EXPECT_EQ(add(R"("name":"red","tsig":{"name":"ctl.","secret":"c2VjcmV0"})"), "settings-invalid");
    EXPECT_EQ(add(R"("name":"Red","tsig":{"name":"ctl.","secret":"file:/good"})"), "settings-invalid");
    EXPECT_EQ(add(R"("name":"red")"), "settings-invalid");
    EXPECT_EQ(add(R"("name":"red","colour":"red")"), "settings-invalid");
}

TEST_F(Api, KeepsSignersOverARestart) {
    const auto a = call("POST", "/v1/parents", R"({"name":"tld","driver":"manual","servers":["127.0.0.1"]})");
    ASSERT_EQ(a.status, 201) << serialize(a.json);
    Parents again("parent", bench.store,
                  [](const port::ParentSettings& s) -> Expected<std::shared_ptr<port::ParentDriver>> {
                      return std::make_shared<FakeParent>(s);
                  });
    ASSERT_TRUE(again.load({Bench::parent_settings("lab")}));
    EXPECT_EQ(again.names(), (std::vector<std::string>{"lab", "tld"}));
    EXPECT_FALSE(again.find("tld")->from_file);
}

TEST(Target, IsDecoded) {
    const auto r = parse_target("/v1/x?after=3&zone=a%2Fb.").value();
    EXPECT_EQ(r.path, "/v1/x");
    EXPECT_EQ(r.query.at("zone"), "a/b.");
    EXPECT_FALSE(parse_target("/v1/x?a=%g0"));
}

} // namespace tutti::serve
