#pragma once
// A set of small numbers (0..63) in one word. Keys, signers and NS names of a zone are numbered, so that the planner
// works on words instead of trees.
#include <bit>
#include <compare>
#include <cstdint>

namespace tutti {

template <class Tag>
class Bits {
  public:
    static constexpr int kCapacity = 64;

    constexpr Bits() = default;
    static constexpr Bits of(int i) { return Bits{std::uint64_t{1} << i}; }
    static constexpr Bits from_raw(std::uint64_t raw) { return Bits{raw}; }

    constexpr bool has(int i) const { return ((raw_ >> i) & 1U) != 0; }
    constexpr bool empty() const { return raw_ == 0; }
    constexpr int size() const { return std::popcount(raw_); }
    constexpr std::uint64_t raw() const { return raw_; }
    constexpr bool includes(Bits other) const { return (other.raw_ & ~raw_) == 0; }
    constexpr bool meets(Bits other) const { return (raw_ & other.raw_) != 0; }
    constexpr void add(int i) { raw_ |= std::uint64_t{1} << i; }
    constexpr void drop(int i) { raw_ &= ~(std::uint64_t{1} << i); }

    constexpr Bits operator|(Bits o) const { return Bits{raw_ | o.raw_}; }
    constexpr Bits operator&(Bits o) const { return Bits{raw_ & o.raw_}; }
    constexpr Bits operator-(Bits o) const { return Bits{raw_ & ~o.raw_}; }
    constexpr Bits& operator|=(Bits o) {
        raw_ |= o.raw_;
        return *this;
    }
    constexpr bool operator==(const Bits&) const = default;
    constexpr auto operator<=>(const Bits&) const = default;

    // for (int i : set) ...
    class Iterator {
      public:
        explicit constexpr Iterator(std::uint64_t rest) : rest_(rest) {}
        constexpr int operator*() const { return std::countr_zero(rest_); }
        constexpr Iterator& operator++() {
            rest_ &= rest_ - 1;
            return *this;
        }
        constexpr bool operator!=(const Iterator& o) const { return rest_ != o.rest_; }

      private:
        std::uint64_t rest_;
    };
    constexpr Iterator begin() const { return Iterator{raw_}; }
    constexpr Iterator end() const { return Iterator{0}; }

  private:
    explicit constexpr Bits(std::uint64_t raw) : raw_(raw) {}
    std::uint64_t raw_ = 0;
};

} // namespace tutti
