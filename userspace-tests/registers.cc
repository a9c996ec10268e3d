// SPDX-License-Identifier: GPL-2.0-only
/*
 * registers NODE: a C++ program's view of a device: a struct of volatile members at
 * the start of what it maps, through a reference; and the language's own memory
 * functions on the rest. Prints what is wrong.
 */
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

struct registers {
	volatile std::uint32_t control;
	volatile std::uint32_t status;
	volatile std::uint64_t address;
	volatile std::uint8_t bytes[16];
};

class mapping {
	void *memory;
	std::size_t size;

public:
	mapping(int fd, std::size_t size)
		: memory(mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)),
		  size(size) { }
	mapping(const mapping &) = delete;
	mapping &operator=(const mapping &) = delete;
	~mapping() { if (*this) munmap(memory, size); }
	explicit operator bool() const { return memory != MAP_FAILED; }
	template<typename T> T &at(std::size_t offset) const
	{
		return *reinterpret_cast<T *>(static_cast<char *>(memory) + offset);
	}
};

/* What is written through one mapping is read through the other, member by member. */
static bool same(registers &ours, registers &theirs)
{
	ours.control = 0x12345678;
	ours.status = ours.control + 1;
	ours.address = 0xfedcba9876543210;
	for (std::size_t i = 0; i < sizeof(ours.bytes); i++)
		ours.bytes[i] = i;
	if (theirs.control != 0x12345678 || theirs.status != 0x12345679 ||
	    theirs.address != 0xfedcba9876543210)
		return false;
	for (std::size_t i = 0; i < sizeof(theirs.bytes); i++)
		if (theirs.bytes[i] != i)
			return false;
	theirs.control |= 1;
	return ours.control == 0x12345679;
}

int main(int argc, char **argv)
{
	const std::size_t size = 1 << 20, half = size / 2;
	int fd = argc == 2 ? open(argv[1], O_RDWR) : -1;

	if (fd < 0)
		return std::perror("usage: registers NODE"), 2;
	mapping ours(fd, size), theirs(fd, size);
	close(fd);
	if (!ours || !theirs)
		return std::perror("mmap"), 2;
	if (!same(ours.at<registers>(0), theirs.at<registers>(0)))
		return std::puts("a register is not what was written"), 1;
	std::memset(&ours.at<char>(half), 0x5a, half);
	std::memmove(&theirs.at<char>(half + 100), &theirs.at<char>(half), half - 100);
	if (std::memcmp(&ours.at<char>(half), &theirs.at<char>(half), half))
		return std::puts("memset(), memmove() and memcmp() do not agree"), 1;
	return 0;
}
