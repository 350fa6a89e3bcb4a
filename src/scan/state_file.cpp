#include "scan/state_file.hpp"

#include "dnssec/hash.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace tutti::scan {

namespace {

constexpr std::string_view kMagic = "tutti-scan-1\n";
constexpr std::size_t kSalt = 16, kDigest = 32, kHead = kMagic.size() + kSalt + kDigest, kEntry = 8;

std::string digest_of(std::string_view salt, std::string_view text) {
    const std::string both = std::string{salt}.append(text);
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned size = 0;
    EVP_Digest(both.data(), both.size(), out.data(), &size, dnssec::sha256(), nullptr);
    return {reinterpret_cast<const char*>(out.data()), size};
}

std::unexpected<Error> trouble(const char* what, const std::string& path) {
    return fail(ErrorKind::internal, fmt::format("{}: {}", what, std::strerror(errno)), path,
                "give another file with --state, or leave it out");
}

} // namespace

StateFile::StateFile(StateFile&& other) noexcept
    : path_(std::move(other.path_)), salt_(std::move(other.salt_)), buffer_(std::move(other.buffer_)),
      fd_(std::exchange(other.fd_, -1)), finished_(std::move(other.finished_)) {}

StateFile::~StateFile() {
    if (fd_ >= 0) close(fd_);
}

Expected<StateFile> StateFile::open(const std::string& path, std::string_view what) {
    StateFile out;
    out.path_ = path;
    out.fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (out.fd_ < 0) return trouble("cannot be opened", path);
    if (auto ok = out.load(what); !ok) return std::unexpected(ok.error());
    return out;
}

Expected<void> StateFile::load(std::string_view what) {
    std::string all;
    std::array<char, 65536> block{};
    for (ssize_t n = 0; (n = read(fd_, block.data(), block.size())) != 0;) {
        if (n < 0) return trouble("cannot be read", path_);
        all.append(block.data(), static_cast<std::size_t>(n));
    }
    if (all.size() < kHead && kMagic.starts_with(std::string_view{all}.substr(0, kMagic.size()))) {
        salt_.resize(kSalt); // new, or a crash came before its head was written
        if (getrandom(salt_.data(), kSalt, 0) != kSalt) return trouble("no random numbers", path_);
        if (ftruncate(fd_, 0) != 0 || lseek(fd_, 0, SEEK_SET) != 0) return trouble("cannot be written", path_);
        return write_out(std::string{kMagic} + salt_ + digest_of(salt_, what));
    }
    if (!all.starts_with(kMagic))
        return fail(ErrorKind::invalid, "this file does not hold the state of a scan", path_,
                    "give another file with --state");
    salt_ = all.substr(kMagic.size(), kSalt);
    if (all.substr(kMagic.size() + kSalt, kDigest) != digest_of(salt_, what))
        return fail(ErrorKind::conflict, "this is the state of a scan of something else, or with other settings", path_,
                    "go on with that one first, or delete the file to begin anew");
    const std::size_t whole = (all.size() - kHead) / kEntry; // a crash may have cut the last one short
    for (std::size_t i = 0; i < whole; ++i) {
        std::uint64_t entry = 0;
        std::memcpy(&entry, all.data() + kHead + i * kEntry, kEntry);
        finished_.push_back(entry);
    }
    std::ranges::sort(finished_);
    const auto end = static_cast<off_t>(kHead + whole * kEntry);
    if (ftruncate(fd_, end) != 0 || lseek(fd_, end, SEEK_SET) != end) return trouble("cannot be written", path_);
    return {};
}

Expected<void> StateFile::write_out(std::string_view octets) {
    while (!octets.empty()) {
        const ssize_t n = write(fd_, octets.data(), octets.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return trouble("cannot be written", path_);
        octets.remove_prefix(static_cast<std::size_t>(n));
    }
    if (fdatasync(fd_) != 0 && errno != EINVAL) return trouble("cannot be written", path_);
    return {};
}

std::uint64_t StateFile::hash(std::string_view name) const {
    std::uint64_t out = 0;
    std::memcpy(&out, digest_of(salt_, name).data(), sizeof out);
    return out;
}

bool StateFile::finished(std::string_view name) const {
    return !finished_.empty() && std::ranges::binary_search(finished_, hash(name));
}

void StateFile::finish(std::string_view name) {
    const std::uint64_t entry = hash(name);
    buffer_.append(reinterpret_cast<const char*>(&entry), sizeof entry);
}

Expected<void> StateFile::flush() {
    if (buffer_.empty()) return {};
    const std::string octets = std::exchange(buffer_, {});
    return write_out(octets);
}

void StateFile::remove() {
    unlink(path_.c_str());
}

} // namespace tutti::scan
