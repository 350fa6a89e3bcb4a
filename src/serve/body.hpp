#pragma once
// Fields of a request body, strictly: what is not asked for is an error.
#include "serve/problem.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tutti::serve {

class Body {
  public:
    explicit Body(const boost::json::object& fields) : fields_(fields) {}

    std::string text(std::string_view key, std::string_view absent = {});
    std::string required_text(std::string_view key);
    bool flag(std::string_view key, bool absent);
    std::optional<std::vector<std::string>> texts(std::string_view key);
    const Json* value(std::string_view key);
    // The first mistake, unknown fields included.
    Result<void> finish();

  private:
    void fault(std::string_view key, std::string seen, std::string remedy = {});

    const boost::json::object& fields_;
    std::vector<std::string> known_;
    std::optional<Problem> problem_;
};

} // namespace tutti::serve
