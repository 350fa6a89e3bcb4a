#include "net/http_client.hpp"

#include "net/fake_server_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace tutti::net {
namespace {

using port::HttpRequest;
using testing::Connection;
using testing::FakeServer;
using ::testing::HasSubstr;
using ::testing::Not;

Bytes octets(std::string_view text) {
    return {text.begin(), text.end()};
}

class HttpClientTest : public ::testing::Test {
  protected:
    // Answers each request with this text and closes.
    void answer_with(std::string_view text) {
        server.on_tcp = [this, text = std::string{text}](const Connection& connection) {
            request = connection.read_until("\r\n\r\n");
            const auto length = request.find("Content-Length: ");
            if (length != std::string::npos)
                for (auto left = std::stoul(request.substr(length + 16)); left > 0; --left)
                    request += connection.read_until("");
            connection.write_raw(octets(text));
        };
    }
    std::string url(std::string_view path = "/") const {
        return "http://" + server.endpoint().text() + std::string{path};
    }
    Expected<port::HttpResponse> send(const HttpRequest& r, HttpClientOptions options = {}) {
        options.timeout = seconds(0.5);
        auto response = HttpClient{options}.send(r);
        server.settle();
        return response;
    }
    std::string request; // the last one that the server saw
    FakeServer server;
};

TEST_F(HttpClientTest, Gets) {
    answer_with("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Thing:  a b \r\n\r\nhello");
    const auto response = send({.url = url("/api/v1?x=1"), .headers = {{"X-API-Key", "secret"}}});
    ASSERT_TRUE(response.has_value()) << response.error().text();
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, "hello");
    EXPECT_THAT(response->headers, ::testing::Contains(std::pair<std::string, std::string>{"x-thing", "a b"}));
    EXPECT_THAT(request, HasSubstr("GET /api/v1?x=1 HTTP/1.1"));
    EXPECT_THAT(request, HasSubstr("X-API-Key: secret"));
}

TEST_F(HttpClientTest, SendsBodies) {
    answer_with("HTTP/1.1 204 No Content\r\n\r\n");
    for (const char* method : {"PATCH", "POST", "PUT", "DELETE"}) {
        const auto response =
            send({.method = method, .url = url(), .headers = {{"Content-Type", "application/json"}}, .body = "{}"});
        ASSERT_TRUE(response.has_value()) << response.error().text();
        EXPECT_EQ(response->status, 204);
        EXPECT_THAT(request, HasSubstr(method + std::string{" / HTTP/1.1"}));
        EXPECT_THAT(request, HasSubstr("Content-Length: 2"));
        EXPECT_THAT(request, HasSubstr("Content-Type: application/json"));
        EXPECT_THAT(request, Not(HasSubstr("Expect:")));
    }
    ASSERT_TRUE(send({.method = "DELETE", .url = url()}).has_value());
    EXPECT_THAT(request, HasSubstr("DELETE / HTTP/1.1"));
}

TEST_F(HttpClientTest, EveryStatusIsAResponse) {
    answer_with("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(send({.url = url()})->status, 302) << "redirects are not followed";
    answer_with("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(send({.url = url()})->status, 401);
    answer_with("HTTP/1.1 100 Continue\r\nX-First: 1\r\n\r\nHTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\nno");
    const auto response = send({.method = "POST", .url = url(), .body = "x"});
    EXPECT_EQ(response->status, 500);
    EXPECT_THAT(response->headers, ::testing::ElementsAre(std::pair<std::string, std::string>{"content-length", "2"}));
}

TEST_F(HttpClientTest, NothingSentIsUnreachable) {
    const std::string nobody = "http://127.0.0.1:" + std::to_string(testing::free_port());
    const auto result = send({.method = "POST", .url = nobody + "/secret/path?key=s3cret", .body = "x"});
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().kind, ErrorKind::unreachable);
    EXPECT_EQ(result.error().where, nobody) << "without the path";
    EXPECT_EQ(send({.url = "http://name.invalid/"}).error().kind, ErrorKind::unreachable);
    server.on_tcp = [](const Connection&) {}; // closes during the TLS handshake
    EXPECT_EQ(send({.url = "https://" + server.endpoint().text() + "/"}).error().kind, ErrorKind::unreachable);
}

TEST_F(HttpClientTest, NoWholeAnswerIsUnknown) {
    server.on_tcp = [](const Connection& connection) { connection.read_until("\r\n\r\n"); };
    EXPECT_EQ(send({.method = "POST", .url = url(), .body = "x"}).error().kind, ErrorKind::unknown_outcome);
    server.on_tcp = [](const Connection& connection) { connection.wait_for_close(); }; // silence
    EXPECT_EQ(send({.method = "POST", .url = url(), .body = "x"}).error().kind, ErrorKind::unknown_outcome);
    answer_with("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhello");
    EXPECT_EQ(send({.url = url()}).error().kind, ErrorKind::unknown_outcome);
    answer_with("garbage\r\n\r\n");
    EXPECT_EQ(send({.url = url()}).error().kind, ErrorKind::unknown_outcome);
    EXPECT_EQ(server.connections, 4) << "a request is sent once";
}

TEST_F(HttpClientTest, LongAnswersAreCut) {
    answer_with("HTTP/1.1 200 OK\r\n\r\n" + std::string(5000, 'x'));
    const auto result = send({.url = url()}, {.max_body = 4999});
    ASSERT_FALSE(result.has_value());
    EXPECT_THAT(result.error().text(), HasSubstr("longer than 4999"));
    EXPECT_EQ(send({.url = url()}, {.max_body = 5000})->body.size(), 5000U);
    answer_with("HTTP/1.1 200 OK\r\nX: " + std::string(400'000, 'x') + "\r\n\r\n");
    EXPECT_FALSE(send({.url = url()}).has_value());
}

TEST_F(HttpClientTest, OtherSchemesAndSplitHeadersAreInvalid) {
    for (const char* bad : {"file:///etc/passwd", "ftp://127.0.0.1/", "http://", "http://a b/"}) {
        const auto result = send({.url = bad});
        ASSERT_FALSE(result.has_value()) << bad;
        EXPECT_EQ(result.error().kind, ErrorKind::invalid) << bad;
    }
    EXPECT_EQ(send({.url = url(), .headers = {{"X", "a\r\nY: b"}}}).error().kind, ErrorKind::invalid);
    EXPECT_EQ(send({.url = url(), .headers = {{"", "a"}}}).error().kind, ErrorKind::invalid);
    EXPECT_EQ(server.connections, 0);
}

TEST_F(HttpClientTest, TheEnvironmentSetsNoProxy) {
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    answer_with("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    EXPECT_TRUE(send({.url = url()}).has_value());
    unsetenv("http_proxy");
}

} // namespace
} // namespace tutti::net
