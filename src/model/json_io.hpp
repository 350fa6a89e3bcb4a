#pragma once
// One description of a type serves both directions, so that what is written can be read back exactly:
//     template <class Io, class T> requires std::same_as<std::remove_const_t<T>, Thing>
//     void describe(Io& io, T& v) { io.field("name", v.name); io.field("ttl", v.ttl, 0); }
// A third argument is the value meant when the field is absent; such fields are left out when they have it.
// Reading is strict: wrong types, ranges and unknown fields are errors that name their place.
#include "base/bits.hpp"
#include "base/time.hpp"
#include "dnssec/keys.hpp"
#include "model/json.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <concepts>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace tutti::model::json_io {

namespace json = boost::json;

// The names of an enum's values: specialise with `static constexpr std::pair<E, std::string_view> all[]`.
template <class E>
struct EnumNames;

// A value to read into, for types without a default: specialise.
template <class T>
struct Blank {
    static T make() { return T{}; }
};
template <>
struct Blank<dns::Name> {
    static dns::Name make() { return dns::Name::root(); }
};

// The first error, and where we are.
struct Context {
    std::string path;
    std::optional<Error> error;

    void fail(std::string what, std::string remedy = {}) {
        if (!error) error = Error{ErrorKind::invalid, std::move(what), path, std::move(remedy)};
    }
};

class Step { // one step down the path, for as long as it lives
  public:
    Step(Context& context, std::string_view name) : context_(context), size_(context.path.size()) {
        if (size_ != 0) context.path += '.';
        context.path += name;
    }
    Step(Context& context, std::size_t index) : context_(context), size_(context.path.size()) {
        context.path += '[' + std::to_string(index) + ']';
    }
    ~Step() { context_.path.resize(size_); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

  private:
    Context& context_;
    std::size_t size_;
};

// In words: "a number", "an object" ...
std::string kind_of(const json::value& v);

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsBits : std::false_type {};
template <class T>
struct IsBits<Bits<T>> : std::true_type {};

// Leaves.
json::value write_instant(Instant t);
void read_instant(Context& c, const json::value& v, Instant& out);
json::value write_leaf(const dns::Name& v);
json::value write_leaf(const dnssec::Dnskey& v);
json::value write_leaf(const dnssec::Ds& v);
void read_leaf(Context& c, const json::value& v, dns::Name& out);
void read_leaf(Context& c, const json::value& v, dnssec::Dnskey& out);
void read_leaf(Context& c, const json::value& v, dnssec::Ds& out);
void read_string(Context& c, const json::value& v, std::string& out);
void read_number(Context& c, const json::value& v, double& out);
void read_integer(Context& c, const json::value& v, std::int64_t lowest, std::int64_t highest, std::int64_t& out);

template <class T>
concept Leaf = requires(const T& t) { write_leaf(t); };

template <class T>
json::value write(const T& v);
template <class T>
void read(Context& c, const json::value& v, T& out);

class Writer {
  public:
    template <class T>
    void field(std::string_view name, const T& v) {
        out_[name] = write(v);
    }
    template <class T>
    void field(std::string_view name, const T& v, const std::type_identity_t<T>& absent) {
        if (!(v == absent)) field(name, v);
    }
    json::object take() { return std::move(out_); }

  private:
    json::object out_;
};

class Reader {
  public:
    Reader(Context& context, const json::object& in) : context_(context), in_(in) {}

    template <class T>
    void field(std::string_view name, T& v) {
        if (const auto* found = find(name)) return read_at(name, *found, v);
        Step step(context_, name);
        context_.fail("this field is missing");
    }
    template <class T>
    void field(std::string_view name, T& v, const std::type_identity_t<T>& absent) {
        v = absent;
        if (const auto* found = find(name)) read_at(name, *found, v);
    }
    // A field that could be read is wrong for another reason.
    void fail(std::string_view name, const Error& error) {
        Step step(context_, name);
        context_.fail(error.seen, error.remedy);
    }
    // What is left over is unknown.
    void finish();

  private:
    const json::value* find(std::string_view name) {
        known_.emplace_back(name);
        return in_.if_contains(name);
    }
    template <class T>
    void read_at(std::string_view name, const json::value& found, T& v) {
        if (context_.error) return;
        Step step(context_, name);
        read(context_, found, v);
    }

    Context& context_;
    const json::object& in_;
    std::vector<std::string> known_;
};

template <class T>
json::value write(const T& v) {
    if constexpr (Leaf<T>) {
        return write_leaf(v);
    } else if constexpr (std::same_as<T, Instant>) {
        return write_instant(v);
    } else if constexpr (std::same_as<T, Duration>) {
        return to_seconds(v);
    } else if constexpr (std::same_as<T, std::string>) {
        return json::value(json::string(utf8(v)));
    } else if constexpr (std::is_enum_v<T>) {
        for (const auto& [value, name] : EnumNames<T>::all)
            if (value == v) return json::value(json::string(name));
        return nullptr;
    } else if constexpr (std::is_arithmetic_v<T>) {
        return v;
    } else if constexpr (IsOptional<T>::value) {
        return v ? write(*v) : json::value(nullptr);
    } else if constexpr (IsBits<T>::value) {
        json::array out;
        for (int i : v) out.push_back(i);
        return out;
    } else if constexpr (IsVector<T>::value) {
        json::array out;
        for (const auto& item : v) out.push_back(write(item));
        return out;
    } else {
        Writer io;
        describe(io, v);
        return io.take();
    }
}

template <class E>
void read_enum(Context& c, const json::value& v, E& out) {
    std::string text;
    read_string(c, v, text);
    if (c.error) return;
    std::string allowed;
    for (const auto& [value, name] : EnumNames<E>::all) {
        if (name == text) {
            out = value;
            return;
        }
        allowed += (allowed.empty() ? "" : ", ") + std::string(name);
    }
    c.fail('"' + text + "\" is not allowed here", "use one of: " + allowed);
}

template <class B>
void read_bits(Context& c, const json::value& v, B& out) {
    const auto* list = v.if_array();
    if (list == nullptr) return c.fail("expected an array of numbers, found " + kind_of(v));
    out = B{};
    for (std::size_t i = 0; i < list->size() && !c.error; ++i) {
        Step step(c, i);
        std::int64_t number = 0;
        read_integer(c, (*list)[i], 0, B::kCapacity - 1, number);
        if (!c.error && out.has(static_cast<int>(number))) c.fail("this number appears twice");
        if (!c.error) out.add(static_cast<int>(number));
    }
}

template <class V>
void read_vector(Context& c, const json::value& v, V& out) {
    using Item = typename V::value_type;
    const auto* list = v.if_array();
    if (list == nullptr) return c.fail("expected an array, found " + kind_of(v));
    out.clear();
    out.reserve(list->size());
    for (std::size_t i = 0; i < list->size() && !c.error; ++i) {
        Step step(c, i);
        Item item = Blank<Item>::make();
        read(c, (*list)[i], item);
        out.push_back(std::move(item));
    }
}

template <class T>
void read_object(Context& c, const json::value& v, T& out) {
    const auto* fields = v.if_object();
    if (fields == nullptr) return c.fail("expected an object, found " + kind_of(v));
    Reader io(c, *fields);
    describe(io, out);
    io.finish();
}

template <class T>
void read(Context& c, const json::value& v, T& out) {
    if (c.error) return;
    if constexpr (Leaf<T>) {
        read_leaf(c, v, out);
    } else if constexpr (std::same_as<T, Instant>) {
        read_instant(c, v, out);
    } else if constexpr (std::same_as<T, Duration>) {
        double s = 0;
        read_number(c, v, s);
        out = seconds(s);
    } else if constexpr (std::same_as<T, std::string>) {
        read_string(c, v, out);
    } else if constexpr (std::same_as<T, bool>) {
        if (const auto* b = v.if_bool())
            out = *b;
        else
            c.fail("expected true or false, found " + kind_of(v));
    } else if constexpr (std::is_enum_v<T>) {
        read_enum(c, v, out);
    } else if constexpr (std::is_integral_v<T>) {
        using Limits = std::numeric_limits<T>;
        std::int64_t number = 0;
        constexpr bool wide = sizeof(T) == 8;
        read_integer(c, v, std::is_signed_v<T> ? static_cast<std::int64_t>(Limits::min()) : 0,
                     wide ? std::numeric_limits<std::int64_t>::max() : static_cast<std::int64_t>(Limits::max()),
                     number);
        out = static_cast<T>(number);
    } else if constexpr (std::is_floating_point_v<T>) {
        read_number(c, v, out);
    } else if constexpr (IsOptional<T>::value) {
        out.reset();
        if (v.is_null()) return;
        auto inner = Blank<typename T::value_type>::make();
        read(c, v, inner);
        out = std::move(inner);
    } else if constexpr (IsBits<T>::value) {
        read_bits(c, v, out);
    } else if constexpr (IsVector<T>::value) {
        read_vector(c, v, out);
    } else {
        read_object(c, v, out);
    }
}

// `what` starts the path in errors: "signer", "knowledge".
template <class T>
Expected<T> parse(const json::value& v, std::string what) {
    Context c{std::move(what), {}};
    T out = Blank<T>::make();
    read(c, v, out);
    if (c.error) return std::unexpected(*std::move(c.error));
    return out;
}

} // namespace tutti::model::json_io
