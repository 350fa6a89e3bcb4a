// The scanner against servers that do what no server should.
#include "test/scan/world.hpp"

#include <gmock/gmock.h>

namespace tutti::scan::testing {

namespace {

class ScanFake : public ::testing::Test {
  protected:
    void SetUp() override {
        options.asker.waits = {seconds(0.05), seconds(0.1)};
        options.asker.tcp_deadline = seconds(0.3);
        options.asker.politeness.per_second = 0;
        options.policy.allow_addresses = {accept::parse_network("127.0.0.0/8").value()};
        options.port = server.endpoint().port;
        options.retries = 0;
        options.retry_after = seconds(0.01);
        server.on_udp = [this](const Bytes& query) { return std::vector<Bytes>{answer(child, query).wire}; };
    }

    // The DS at the parent.
    void delegate(const std::vector<dnssec::Ds>& ds) {
        delegations.add_ns(child.apex, name("ns1.example"));
        delegations.add_address(name("ns1.example"), "127.0.0.1");
        for (const auto& d : ds) delegations.add_ds(child.apex, d.rdata());
    }

    void scan(bool in_full = false) {
        delegations.seal();
        desk.emplace(delegations, in_full);
        auto scanner = Scanner::open(delegations, *desk, nullptr, clock, options);
        ASSERT_TRUE(scanner) << scanner.error().text();
        (*scanner)->run();
        counts = (*scanner)->counts();
        server.settle();
    }
    const Judgement& ds_judgement() const { return desk->judgements.at(0); }
    const accept::Testimony& testimony() const { return ds_judgement().evidence.servers.at(0); }
    std::string why() const {
        std::string out;
        for (const auto& reason : ds_judgement().verdict.reasons) out += reason.code + ": " + reason.text + "\n";
        return out;
    }
    // Nothing was accepted, and the first thing that was asked ended like this.
    void expect_not_accepted(Outcome outcome) {
        ASSERT_EQ(desk->judgements.size(), 1U);
        EXPECT_NE(ds_judgement().verdict.decision, Decision::accept) << why();
        EXPECT_EQ(testimony().cds.outcome, outcome) << testimony().cds.detail;
        EXPECT_TRUE(desk->same.empty());
    }

    Child child;
    FakeServer server;
    NowClock clock;
    Delegations delegations;
    ScanOptions options;
    std::optional<TestDesk> desk;
    ScanCounts counts;
};

TEST_F(ScanFake, EqualToTheRegistryCostsTwoQuestionsAndNoSignature) {
    delegate({child.ds(child.second)});
    scan();
    EXPECT_THAT(desk->same, ::testing::ElementsAre(Unchanged::same_as_registry));
    EXPECT_TRUE(desk->judgements.empty());
    EXPECT_EQ(server.datagrams, 2); // CDS, CSYNC
    EXPECT_EQ(counts.verifications, 0U);
}

TEST_F(ScanFake, NothingPublishedAsksForCdnskeyAtFirst) {
    child.sets.erase(Type::CDS);
    child.sets.erase(Type::CDNSKEY);
    delegate({child.ds(child.first)});
    scan();
    EXPECT_THAT(desk->same, ::testing::ElementsAre(Unchanged::nothing_published));
    EXPECT_EQ(server.datagrams, 3);
}

TEST_F(ScanFake, CdnskeyAloneIsFound) {
    child.sets.erase(Type::CDS);
    delegate({child.ds(child.first)});
    scan();
    ASSERT_EQ(desk->judgements.size(), 1U);
    EXPECT_EQ(ds_judgement().verdict.decision, Decision::accept) << why();
}

TEST_F(ScanFake, ARolloverIsAccepted) {
    delegate({child.ds(child.first)});
    scan();
    ASSERT_EQ(desk->judgements.size(), 1U);
    EXPECT_EQ(ds_judgement().verdict.decision, Decision::accept) << why();
    EXPECT_THAT(ds_judgement().verdict.change.ds_add, ::testing::ElementsAre(child.ds(child.second)));
    EXPECT_EQ(counts.verifications, 4U);
    EXPECT_EQ(server.datagrams, 4); // CDS, CSYNC, CDNSKEY, DNSKEY: nothing twice
}

TEST_F(ScanFake, ARolloverWithoutSignaturesIsNot) {
    server.on_udp = [this](const Bytes& query) {
        Bytes plain = query;
        plain.resize(question_end(query));
        return std::vector<Bytes>{answer(child, plain).wire};
    };
    delegate({child.ds(child.first)});
    scan();
    expect_not_accepted(Outcome::records);
}

TEST_F(ScanFake, TruncationLeadsToTcp) {
    server.on_udp = [](const Bytes& query) { return std::vector<Bytes>{empty_reply(query).flags(0, kTc).wire}; };
    server.on_tcp = [this](const net::testing::Connection& c) {
        c.write_message(answer(child, c.read_message()).wire);
    };
    delegate({child.ds(child.first)});
    scan();
    ASSERT_EQ(desk->judgements.size(), 1U);
    EXPECT_EQ(ds_judgement().verdict.decision, Decision::accept) << why();
    EXPECT_EQ(testimony().dnskey.transport, accept::Transport::tcp);
    EXPECT_EQ(server.connections, 4);
}

TEST_F(ScanFake, TcpWhereItIsWanted) {
    options.tcp = true;
    server.on_tcp = [this](const net::testing::Connection& c) {
        c.write_message(answer(child, c.read_message()).wire);
    };
    delegate({child.ds(child.first)});
    scan();
    ASSERT_EQ(desk->judgements.size(), 1U);
    EXPECT_EQ(ds_judgement().verdict.decision, Decision::accept) << why();
    EXPECT_EQ(server.datagrams, 0);
}

TEST_F(ScanFake, TruncatedOverTcpIsMalformed) {
    options.tcp = true;
    server.on_tcp = [](const net::testing::Connection& c) {
        c.write_message(empty_reply(c.read_message()).flags(0, kTc).wire);
    };
    delegate({child.ds(child.first)});
    scan();
    expect_not_accepted(Outcome::malformed);
}

TEST_F(ScanFake, ATcpServerThatDripsHasADeadline) {
    options.tcp = true;
    std::atomic<int> drops = 0;
    server.on_tcp = [&](const net::testing::Connection& c) {
        const Bytes whole = answer(child, c.read_message()).wire;
        c.write_raw(Bytes{0, static_cast<std::uint8_t>(whole.size() & 0xff)});
        c.write_raw(Bytes{whole[0]});
        c.wait_for_close();
        ++drops;
    };
    delegate({child.ds(child.first)});
    const auto begin = std::chrono::steady_clock::now();
    scan();
    expect_not_accepted(Outcome::timeout);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{5});
    EXPECT_GE(drops, 1);
}

TEST_F(ScanFake, AServerFromBeforeEdnsIsAskedWithout) {
    server.on_udp = [this](const Bytes& query) {
        if (has_edns(query)) return std::vector<Bytes>{empty_reply(query).rcode(1).wire};
        return std::vector<Bytes>{answer(child, query).wire};
    };
    delegate({child.ds(child.second)});
    scan();
    EXPECT_THAT(desk->same, ::testing::ElementsAre(Unchanged::same_as_registry));
}

TEST_F(ScanFake, FormerrWithAHeaderAlone) {
    server.on_udp = [this](const Bytes& query) {
        if (!has_edns(query)) return std::vector<Bytes>{answer(child, query).wire};
        Bytes head = empty_reply(query).rcode(1).wire;
        head.resize(12);
        head[5] = 0;
        return std::vector<Bytes>{head};
    };
    delegate({child.ds(child.second)});
    scan();
    EXPECT_THAT(desk->same, ::testing::ElementsAre(Unchanged::same_as_registry));
}

TEST_F(ScanFake, SilenceIsATimeoutAndEveryTryIsMade) {
    server.on_udp = [](const Bytes&) { return std::vector<Bytes>{}; };
    delegate({child.ds(child.first)});
    scan();
    expect_not_accepted(Outcome::timeout);
    EXPECT_EQ(ds_judgement().verdict.decision, Decision::retry) << why();
    EXPECT_EQ(server.datagrams, 4); // CDS and CSYNC, twice each
}

TEST_F(ScanFake, LooksAgainWhenServersFail) {
    options.retries = 2;
    std::atomic<int> asked = 0;
    server.on_udp = [&](const Bytes& query) {
        // The first two looks: CDS and CSYNC, then CDS alone.
        if (++asked <= 3) return std::vector<Bytes>{empty_reply(query).rcode(2).wire};
        return std::vector<Bytes>{answer(child, query).wire};
    };
    delegate({child.ds(child.first)});
    scan();
    ASSERT_EQ(desk->judgements.size(), 1U);
    EXPECT_EQ(ds_judgement().verdict.decision, Decision::accept) << why();
    EXPECT_EQ(desk->last_attempt, 2);
}

TEST_F(ScanFake, ASilentServerIsLeftAlone) {
    options.asker.politeness.silent_after = 2;
    for (int i = 0; i < 20; ++i) {
        const Name other = name("c" + std::to_string(i) + ".example");
        delegations.add_ns(other, name("ns1.example"));
    }
    delegate({});
    options.children_at_once = 1;
    server.on_udp = [](const Bytes&) { return std::vector<Bytes>{}; };
    scan();
    EXPECT_EQ(desk->judgements.size(), 21U);
    EXPECT_LE(server.datagrams, 6);
    for (const auto& j : desk->judgements) EXPECT_NE(j.verdict.decision, Decision::accept);
}

TEST_F(ScanFake, ForgedAnswersAreNotHeard) {
    server.on_udp = [this](const Bytes& query) {
        // What would end the scan if it were believed: nothing published.
        Bytes id = empty_reply(query).wire, type = id, letters = id, question = id, none = id;
        id[1] = static_cast<std::uint8_t>(id[1] + 1);
        type[question_end(query) - 3] = 1;
        for (std::size_t i = 13; i < 18; ++i) letters[i] ^= 0x20;
        question[13] = 'x';
        none.resize(12);
        none[5] = 0;
        Bytes asking = id;
        asking[1] = query[1];
        asking[2] = 0;
        return std::vector<Bytes>{id, type, letters, question, none, asking, answer(child, query).wire};
    };
    delegate({child.ds(child.first)});
    scan();
    ASSERT_EQ(desk->judgements.size(), 1U);
    EXPECT_EQ(ds_judgement().verdict.decision, Decision::accept) << why();
}

TEST_F(ScanFake, NothingButForgedAnswers) {
    server.on_udp = [](const Bytes& query) {
        Bytes wire = empty_reply(query).wire;
        wire[question_end(query) - 3] = 1;
        return std::vector<Bytes>{wire};
    };
    delegate({child.ds(child.first)});
    scan();
    expect_not_accepted(Outcome::mismatched);
}

TEST_F(ScanFake, AServerThatChangesTheCaseIsAskedOverTcp) {
    const auto lower = [](Bytes wire) {
        for (std::size_t i = 12; wire[i] != 0; ++i)
            if (wire[i] >= 'A' && wire[i] <= 'Z') wire[i] = static_cast<std::uint8_t>(wire[i] + 32);
        return wire;
    };
    server.on_udp = [&](const Bytes& query) { return std::vector<Bytes>{lower(answer(child, query).wire)}; };
    server.on_tcp = [&](const net::testing::Connection& c) {
        c.write_message(lower(answer(child, c.read_message()).wire));
    };
    delegate({child.ds(child.first)});
    scan();
    ASSERT_EQ(desk->judgements.size(), 1U);
    EXPECT_EQ(ds_judgement().verdict.decision, Decision::accept) << why();
    EXPECT_GE(server.connections, 1); // with 12 letters, a name in lower case is sent once in 4096 times
}

TEST_F(ScanFake, WithoutAuthorityItIsLame) {
    server.on_udp = [this](const Bytes& query) { return std::vector<Bytes>{answer(child, query).flags(kAa, 0).wire}; };
    delegate({child.ds(child.second)});
    scan();
    expect_not_accepted(Outcome::lame);
}

TEST_F(ScanFake, RefusedAndServfail) {
    server.on_udp = [](const Bytes& query) { return std::vector<Bytes>{empty_reply(query).rcode(5).wire}; };
    delegate({child.ds(child.first)});
    scan();
    expect_not_accepted(Outcome::refused);
}

TEST_F(ScanFake, ALoopOfPointersIsMalformed) {
    server.on_udp = [](const Bytes& query) {
        Reply reply = empty_reply(query);
        append(reply, Type::CDS, "1234");
        const std::size_t owner = question_end(query);
        reply.wire[owner] = 0xc0; // points at itself
        reply.wire[owner + 1] = static_cast<std::uint8_t>(owner);
        return std::vector<Bytes>{reply.wire};
    };
    delegate({child.ds(child.first)});
    scan();
    expect_not_accepted(Outcome::malformed);
}

TEST_F(ScanFake, AnAddressThatMustNotBeContactedIsNot) {
    options.policy.allow_addresses.clear();
    delegate({child.ds(child.first)});
    scan();
    expect_not_accepted(Outcome::forbidden);
    EXPECT_EQ(server.datagrams, 0);
}

TEST_F(ScanFake, AnotherOwnerInTheAnswerIsNoAnswer) {
    server.on_udp = [this](const Bytes& query) {
        Reply reply = answer(child, query);
        // The owner of the first record: the name after its first label.
        if (reply.wire[7] > 0) reply.wire[question_end(query) + 1] = static_cast<std::uint8_t>(12 + 1 + query[12]);
        return std::vector<Bytes>{reply.wire};
    };
    delegate({child.ds(child.first)});
    scan();
    ASSERT_EQ(desk->judgements.size(), 1U);
    EXPECT_NE(ds_judgement().verdict.decision, Decision::accept) << why();
}

TEST_F(ScanFake, MoreQuestionsThanThereAreSlots) {
    struct Count final : Asker::Listener {
        int records = 0, all = 0;
        void replied(std::uint64_t, const scan::Reply& reply) override {
            ++all;
            if (reply.outcome == Outcome::records) ++records;
        }
    } count;
    options.asker.max_questions = 4;
    const auto asker = Asker::open(options.asker, count).value();
    const ServerId to = asker->servers().add(socket_address("127.0.0.1", options.port).value());
    for (std::uint64_t i = 0; i < 50; ++i) asker->ask({to, 0, child.apex.wire(), Type::SOA, false, i});
    EXPECT_EQ(asker->waiting_or_under_way(), 50U);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (count.all < 50 && std::chrono::steady_clock::now() < end) asker->turn(seconds(0.1));
    EXPECT_EQ(count.records, 50);
    EXPECT_EQ(asker->waiting_or_under_way(), 0U);
}

TEST_F(ScanFake, VantagePointsMustAgree) {
    options.asker.sources = {"127.0.0.1", "127.0.0.2"};
    delegate({child.ds(child.first)});
    scan();
    ASSERT_EQ(desk->judgements.size(), 1U);
    EXPECT_EQ(ds_judgement().verdict.decision, Decision::accept) << why();
    EXPECT_EQ(ds_judgement().evidence.servers.size(), 2U);
    EXPECT_EQ(counts.verifications, 4U) << "each distinct content once";
}

} // namespace

} // namespace tutti::scan::testing
