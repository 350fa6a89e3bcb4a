#pragma once
// The same descriptions as in json_io.hpp, straight into text: what serialize(write(v)) would give, without the tree of
// values between. For what is written once for each child of a parent.
#include "model/json_io.hpp"

namespace tutti::model::json_io {

// One value, as serialize() writes it; strings that need no escape are only copied.
void append(std::string& out, const json::value& v);
void append(std::string& out, std::string_view text);

template <class T>
void write_text(std::string& out, const T& v);

class TextWriter {
  public:
    explicit TextWriter(std::string& out) : out_(out) { out_ += '{'; }
    void end() { out_ += '}'; }

    template <class T>
    void field(std::string_view name, const T& v) {
        if (out_.back() != '{') out_ += ',';
        out_ += '"';
        out_ += name;
        out_ += "\":";
        write_text(out_, v);
    }
    template <class T>
    void field(std::string_view name, const T& v, const std::type_identity_t<T>& absent) {
        if (!(v == absent)) field(name, v);
    }

  private:
    std::string& out_;
};

template <class T>
concept Described = requires(TextWriter& io, const T& t) { describe(io, t); };

template <class T>
void write_text(std::string& out, const T& v) {
    if constexpr (std::same_as<T, std::string>) {
        append(out, std::string_view{v});
    } else if constexpr (IsOptional<T>::value) {
        v ? write_text(out, *v) : append(out, json::value(nullptr));
    } else if constexpr (IsVector<T>::value) {
        out += '[';
        for (const auto& item : v) {
            if (&item != v.data()) out += ',';
            write_text(out, item);
        }
        out += ']';
    } else if constexpr (Described<T>) {
        TextWriter io(out);
        describe(io, v);
        io.end();
    } else {
        append(out, write(v));
    }
}

} // namespace tutti::model::json_io
