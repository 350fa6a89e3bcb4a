#include "app/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tutti::app {
namespace {

using ::testing::HasSubstr;

std::string fault(std::string_view text) {
    const auto config = parse_config(text, "/etc/tutti");
    return config ? "" : config.error().front().text;
}

TEST(AlertConfig, WebhookAndMail) {
    const auto config = parse_config(R"([alerts]
webhook = "https://hooks.example/tutti"
webhook_secret = { file = "webhook.secret" }
mail_to = "noc@example"
mail_from = "Tutti <tutti@example>"
mail_server = "smtp://127.0.0.1:25"
)",
                                     "/etc/tutti");
    ASSERT_TRUE(config);
    EXPECT_EQ(config->alerts.webhook_secret->text(), "file:/etc/tutti/webhook.secret");
    EXPECT_EQ(config->alerts.mail_server, "smtp://127.0.0.1:25");
}

TEST(AlertConfig, WhatIsMissingIsSaid) {
    EXPECT_THAT(fault("[alerts]\nwebhook = \"https://h/\"\n"), HasSubstr("webhook_secret"));
    EXPECT_THAT(fault("[alerts]\nmail_to = \"a@example\"\n"), HasSubstr("mail needs"));
    EXPECT_THAT(fault("[alerts]\nmail_to = \"a@example\"\nmail_from = \"b@example\"\nmail_command = \"x\"\n"
                      "mail_server = \"smtp://h\"\n"),
                HasSubstr("one of"));
    EXPECT_THAT(fault("[alerts]\nmail_to = \"a@example\"\nmail_from = \"b@example\"\nmail_server = \"h\"\n"),
                HasSubstr("smtp://"));
    EXPECT_THAT(fault("[alerts]\nwebhok = \"x\"\n"), HasSubstr("webhok"));
}

} // namespace
} // namespace tutti::app
