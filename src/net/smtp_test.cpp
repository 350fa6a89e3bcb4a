#include "net/smtp.hpp"

#include <boost/asio.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace tutti::net {
namespace {

using boost::asio::ip::tcp;
using ::testing::HasSubstr;

// Takes one mail, or refuses its recipient.
class MailServer {
  public:
    // `said`: by the client; to be read when this has ended.
    explicit MailServer(std::string& said, std::string to_rcpt = "250 ok")
        : said_(said), rcpt_(std::move(to_rcpt)), thread_([this] { serve(); }) {}
    ~MailServer() { thread_.join(); }
    std::string url() const { return "smtp://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }

  private:
    void serve() {
        tcp::iostream stream;
        boost::system::error_code ec;
        acceptor_.accept(stream.socket(), ec);
        if (ec) return;
        stream.expires_after(std::chrono::seconds(20));
        stream << "220 test\r\n" << std::flush;
        bool data = false;
        for (std::string line; std::getline(stream, line);) {
            said_ += line + "\n";
            if (data && line != ".\r") continue;
            const auto verb = line.substr(0, 4);
            const bool begins = verb == "DATA";
            const std::string answer = data             ? "250 taken"
                                       : begins         ? "354 go on"
                                       : verb == "RCPT" ? rcpt_
                                       : verb == "QUIT" ? "221 bye"
                                                        : "250 ok";
            data = begins;
            stream << answer << "\r\n" << std::flush;
            if (verb == "QUIT") return;
        }
    }
    std::string& said_;
    std::string rcpt_;
    boost::asio::io_context io_;
    tcp::acceptor acceptor_{io_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)};
    std::thread thread_;
};

TEST(Smtp, DeliversTheWholeMail) {
    std::string said;
    {
        MailServer server(said);
        const auto ok = send_mail(server.url(), "a@example", "b@example", "Subject: x\n\n.dot\nlast\n");
        EXPECT_TRUE(ok) << ok.error().text();
    }
    EXPECT_THAT(said, HasSubstr("MAIL FROM:<a@example>"));
    EXPECT_THAT(said, HasSubstr("RCPT TO:<b@example>"));
    EXPECT_THAT(said, HasSubstr("Subject: x\r\n\r\n..dot\r\nlast\r\n.\r\n"));
}

TEST(Smtp, WhatIsRefusedSaysSo) {
    std::string said;
    MailServer server(said, "550 no such user");
    const auto ok = send_mail(server.url(), "a@example", "nobody@example", "Subject: x\n\nx\n");
    ASSERT_FALSE(ok);
    EXPECT_EQ(ok.error().kind, ErrorKind::refused);
}

TEST(Smtp, NobodyListens) {
    EXPECT_EQ(send_mail("smtp://127.0.0.1:1", "a@example", "b@example", "x").error().kind, ErrorKind::unreachable);
}

} // namespace
} // namespace tutti::net
