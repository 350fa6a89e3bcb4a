#include "serve/board.hpp"

#include "serve/caller.hpp"
#include "serve/fakes_test.hpp"

#include <gtest/gtest.h>

namespace tutti::serve {

namespace {

dns::Name name(const std::string& text) {
    return dns::Name::parse(text).value();
}

port::ZoneRecord record(const std::string& zone, model::Decision::State state, std::size_t alarms = 0) {
    port::ZoneRecord out{.zone = name(zone), .parent = "lab", .intent = {.signers = {"blue"}}};
    out.knowledge = model::Knowledge{out.zone, {}, {}, {}, {}};
    out.decision.state = state;
    out.decision.alarms.resize(alarms);
    out.revision = 1;
    return out;
}

std::vector<std::string> names(const Json& answer) {
    std::vector<std::string> out;
    for (const auto& z : answer.as_object().at("zones").as_array()) out.emplace_back(z.at("zone").as_string());
    return out;
}

using State = model::Decision::State;
using Names = std::vector<std::string>;

} // namespace

TEST(Board, PagesInBothOrders) {
    Board board;
    board.update(record("a.lab.", State::done));
    board.update(record("b.lab.", State::wait));
    board.update(record("c.lab.", State::blocked));
    board.update(record("d.lab.", State::done, 2));
    ListWish wish{.sort = ListWish::Sort::alarm, .limit = 2};
    const auto first = board.list(wish, local_caller()).value();
    EXPECT_EQ(names(first), (Names{"d.lab.", "c.lab."}));
    EXPECT_EQ(first.as_object().at("total").as_uint64(), 4U);
    EXPECT_EQ(first.as_object().at("states").at("alarm").as_int64(), 1);
    wish.cursor = std::string(first.as_object().at("next").as_string());
    const auto second = board.list(wish, local_caller()).value();
    EXPECT_EQ(names(second), (Names{"b.lab.", "a.lab."}));
    EXPECT_FALSE(second.as_object().contains("next"));
    wish = {.sort = ListWish::Sort::name, .limit = 3};
    const auto by_name = board.list(wish, local_caller()).value();
    EXPECT_EQ(names(by_name), (Names{"a.lab.", "b.lab.", "c.lab."}));
    wish.cursor = std::string(by_name.as_object().at("next").as_string());
    EXPECT_EQ(names(board.list(wish, local_caller()).value()), Names{"d.lab."});
}

TEST(Board, Filters) {
    Board board;
    board.update(record("alpha.lab.", State::done));
    auto green = record("beta.lab.", State::wait);
    green.intent.signers = {"green"};
    green.paused = true;
    board.update(green);
    const auto list = [&](ListWish wish) { return names(board.list(wish, local_caller()).value()); };
    EXPECT_EQ(list({.q = "ALPH"}), Names{"alpha.lab."});
    EXPECT_EQ(list({.q = "gree"}), Names{"beta.lab."});
    EXPECT_EQ(list({.state = "wait"}), Names{"beta.lab."});
    EXPECT_EQ(list({.state = "paused"}), Names{"beta.lab."});
    EXPECT_EQ(list({.signer = "blue"}), Names{"alpha.lab."});
    Caller limited{.name = "token:x", .scopes = {Scope::read}, .zones = {name("beta.lab.")}};
    EXPECT_EQ(names(board.list({}, limited).value()), Names{"beta.lab."});
}

TEST(Board, FollowsTheStoreAndNothingOlder) {
    Bench bench;
    Service service(bench.deps());
    ASSERT_TRUE(service.add_zone({{"zone", "x.lab."}, {"parent", "lab"}, {"signers", {"blue"}}, {"probe", false}}));
    EXPECT_EQ(names(bench.board.list({}, local_caller()).value()), Names{"x.lab."});
    Board again;
    again.update(bench.store.load(name("x.lab.")).value());
    EXPECT_EQ(again.list({}, local_caller()).value(), bench.board.list({}, local_caller()).value());
    ASSERT_TRUE(service.remove_zone("x.lab."));
    EXPECT_TRUE(names(bench.board.list({}, local_caller()).value()).empty());

    auto newer = record("y.lab.", State::done), older = record("y.lab.", State::blocked);
    newer.revision = 5;
    older.revision = 4;
    again.update(newer);
    again.update(older);
    EXPECT_EQ(names(again.list({.state = "done"}, local_caller()).value()), Names{"y.lab."});
}

} // namespace tutti::serve
