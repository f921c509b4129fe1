// Memory that one thread reuses from call to call: numbered rooms, each aligned to 64 bytes, which grow and never shrink.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

namespace dragoman {
namespace engine {

class Room {
public:
    Room() = default;
    Room(const Room&) = delete;
    Room& operator=(const Room&) = delete;
    Room(Room&& other) noexcept : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    Room& operator=(Room&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(bytes_, other.bytes_);
        return *this;
    }
    ~Room() { std::free(data_); }

    // At least so many bytes; what was in it is lost when it grows.
    void* take(int64_t bytes) {
        if (bytes > bytes_) {
            std::free(data_);
            data_ = nullptr;
            bytes_ = (bytes + bytes / 4 + 127) / 64 * 64;
            data_ = std::aligned_alloc(64, static_cast<size_t>(bytes_));
            if (data_ == nullptr) {
                bytes_ = 0;
                throw std::bad_alloc();
            }
        }
        return data_;
    }
    int64_t bytes() const { return bytes_; }

private:
    void* data_ = nullptr;
    int64_t bytes_ = 0;
};

// Kernels are compiled for other instruction sets than this code, and so take rooms through function pointers.
class Workspace {
public:
    static constexpr int ROOMS = 8;
    void* take(int room, int64_t bytes) { return take_(*this, room, bytes); }
    int64_t bytes() const {
        int64_t total = 0;
        for (const Room& room : rooms_) total += room.bytes();
        return total;
    }

private:
    static void* take_room(Workspace& self, int room, int64_t bytes) { return self.rooms_[room].take(bytes); }
    void* (*take_)(Workspace&, int, int64_t) = take_room;
    Room rooms_[ROOMS];
};

}  // namespace engine
}  // namespace dragoman
