#pragma once
// Text for people: at most 100 columns, colour only where it is wanted, fields of JSON answers.
#include "app/client.hpp"
#include "base/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tutti::app {

inline constexpr std::size_t kColumns = 100;

enum class Colour { plain, bold, green, yellow, red, grey };

// True on a terminal without NO_COLOR (https://no-color.org).
bool wants_colour(int fd);

class Page {
  public:
    explicit Page(bool colour) : colour_(colour) {}
    // As it is.
    void line(std::string_view text = {}, Colour colour = Colour::plain);
    // "LABEL      text", further lines of the text indented the same way.
    void entry(std::string_view label, std::string_view text, Colour colour = Colour::plain);
    // Columns, as wide as their contents; the last one is wrapped.
    void table(const std::vector<std::vector<std::string>>& rows, std::string_view indent = {});
    const std::string& text() const { return text_; }

    static constexpr std::size_t kLabel = 10;

  private:
    std::string painted(std::string_view text, Colour colour) const;

    bool colour_;
    std::string text_;
};

// Fields of answers; absent or of another type: empty.
std::string text_at(const Json& v, std::string_view key);
double number_at(const Json& v, std::string_view key);
bool flag_at(const Json& v, std::string_view key);
const boost::json::array& array_at(const Json& v, std::string_view key);
const Json& at(const Json& v, std::string_view key);
std::string joined_at(const Json& v, std::string_view key, std::string_view between = " ");

// "08:16:13Z" when it is near now, the whole RFC 3339 otherwise; "never".
std::string clock_time(const std::string& rfc3339);
// "12.3 s", "4 min 10 s": of seconds.
std::string human_s(double s);

// JSON with line breaks and two spaces.
std::string pretty(const Json& v);

} // namespace tutti::app
