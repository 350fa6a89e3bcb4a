#pragma once
// Strict reading of JSON objects: each field is taken once; what is left over is an error that names it.
#include "base/error.hpp"
#include "base/time.hpp"

#include <boost/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tutti::sim {

// Thrown inside the readers of this folder only; parse_... functions turn it into an Expected.
struct BadJson {
    Error error;
};
[[noreturn]] void bad_json(std::string where, std::string what, std::string remedy = {});

class Fields {
  public:
    // `where` names the object in errors: "signers.blue".
    Fields(const boost::json::value& v, std::string where);

    const boost::json::value* find(std::string_view name); // nullptr: absent
    const boost::json::value& need(std::string_view name);
    std::string where(std::string_view name) const;

    std::string text(std::string_view name);
    std::string text(std::string_view name, std::string_view otherwise);
    double number(std::string_view name, double low, double high);
    double number(std::string_view name, double low, double high, double otherwise);
    bool flag(std::string_view name, bool otherwise);
    Duration span(std::string_view name, double otherwise_s); // seconds, not negative
    std::vector<std::string> texts(std::string_view name);
    std::string choice(std::string_view name, std::initializer_list<std::string_view> allowed);

    // To be called when all known fields were taken.
    void done() const;

  private:
    const boost::json::object& object_;
    std::string where_;
    std::vector<std::string_view> taken_;
};

double number_of(const boost::json::value& v, const std::string& where, double low, double high);
std::string text_of(const boost::json::value& v, const std::string& where);
const boost::json::array& array_of(const boost::json::value& v, const std::string& where);
const boost::json::object& object_of(const boost::json::value& v, const std::string& where);

} // namespace tutti::sim
