// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "link.h"
#include "state.h"
#include "bridge.skel.h"
#include "vane_hw.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define STATE_BPFFS	"/sys/fs/bpf"
#define STATE_ROOT	STATE_BPFFS "/vane-bridge"
/* What is being made or removed; a command that is killed leaves it to the next one */
#define STATE_UNFINISHED	STATE_ROOT "/unfinished"

static const char * const state_prog_names[STATE_PROGS] = {
	[STATE_PROG_UP] = "bridge_up",
	[STATE_PROG_POP] = "bridge_pop",
	[STATE_PROG_ENTER] = "bridge_enter",
	[STATE_PROG_LEAVE] = "bridge_leave",
	[STATE_PROG_PUSH] = "bridge_push",
	[STATE_PROG_DOWN] = "bridge_down",
};

bool state_is_etag(const struct state *state)
{
	return state->config.ethertype == VANE_ETAG_ETHERTYPE;
}

/* state_mount() - mounts the BPF file system where it outlives this program */
static int state_mount(void)
{
	struct stat own, first;

	if (stat("/proc/self/ns/mnt", &own) || stat("/proc/1/ns/mnt", &first) ||
	    own.st_ino != first.st_ino) {
		warnx("no BPF file system at " STATE_BPFFS
		      ", and one that is mounted in this mount namespace would be lost; enter a network namespace by \"nsenter --net\"");
		return -1;
	}
	if (mount("bpf", STATE_BPFFS, "bpf", 0, "mode=0700")) {
		warn("cannot mount the BPF file system at " STATE_BPFFS);
		return -1;
	}
	return 0;
}

/* state_unpin() - removes the folder @path with all pins */
static int state_unpin(const char *path)
{
	struct dirent *entry;
	DIR *dir = opendir(path);
	int ret = 0;

	if (!dir) {
		warn("%s", path);
		return -1;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] != '.' && unlinkat(dirfd(dir), entry->d_name, 0)) {
			warn("%s/%s", path, entry->d_name);
			ret = -1;
		}
	}
	closedir(dir);
	if (!ret && rmdir(path)) {
		warn("%s", path);
		ret = -1;
	}
	return ret;
}

/*
 * state_lock() - one command at a time, until this program ends. Mounts the BPF file system
 * if nobody has, and removes what a command that was killed has left.
 */
int state_lock(void)
{
	struct statfs fs;
	int fd;

	if ((statfs(STATE_BPFFS, &fs) || fs.f_type != BPF_FS_MAGIC) && state_mount())
		return -1;
	if (mkdir(STATE_ROOT, 0700) && errno != EEXIST) {
		warn(STATE_ROOT);
		return -1;
	}
	fd = open(STATE_ROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX)) {
		warn(STATE_ROOT);
		return -1;
	}
	return access(STATE_UNFINISHED, F_OK) ? 0 : state_unpin(STATE_UNFINISHED);
}

/*
 * state_path() - the folder of an uplink: an ifindex is one of a network namespace, whose
 * cookie no later one gets
 */
static int state_path(char *path, size_t size, unsigned int ifindex)
{
	unsigned long long cookie;
	socklen_t len = sizeof(cookie);
	int fd, ret;

	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ret = fd < 0 ? -1 : getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len);
	if (ret)
		warn("cannot tell the network namespace");
	else
		snprintf(path, size, STATE_ROOT "/%llu-%u", cookie, ifindex);
	if (fd >= 0)
		close(fd);
	return ret;
}

static int state_pin(struct bridge *skel, const char *dir)
{
	struct bpf_map *maps[] = { skel->maps.ports, skel->maps.targets, skel->maps.ends,
				   skel->maps.stats, skel->maps.rodata };
	static const char * const names[] = { "ports", "targets", "ends", "stats", "config" };
	struct bpf_program *prog;
	char path[128];
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(maps); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		ret = bpf_map__pin(maps[i], path);
		if (ret)
			goto failed;
	}
	bpf_object__for_each_program(prog, skel->obj) {
		snprintf(path, sizeof(path), "%s/%s", dir, bpf_program__name(prog));
		ret = bpf_program__pin(prog, path);
		if (ret)
			goto failed;
	}
	return 0;
failed:
	warnx("%s: %s", path, strerror(-ret));
	return -1;
}

/* state_load() - the programs and maps of an uplink, not yet pinned */
static struct bridge *state_load(const struct bridge_config *config)
{
	struct bridge *skel = bridge__open();
	int ret;

	if (!skel) {
		warn("cannot open the programs");
		return NULL;
	}
	skel->rodata->config = *config;
	ret = bpf_map__set_max_entries(skel->maps.ports, config->max_ports + 1);
	if (!ret)
		ret = bpf_map__set_max_entries(skel->maps.targets, config->max_ports);
	if (!ret)
		ret = bpf_map__set_max_entries(skel->maps.ends, 2 * config->max_ports);
	if (!ret)
		ret = bridge__load(skel);
	if (!ret)
		return skel;
	warnx("the kernel does not take the programs: %s", strerror(-ret));
	bridge__destroy(skel);
	return NULL;
}

/* state_forget() - removes the folder @dir of an uplink: all of its pins, or none, are there */
static int state_forget(const char *dir)
{
	if (rename(dir, STATE_UNFINISHED)) {
		warn("%s", dir);
		return -1;
	}
	return state_unpin(STATE_UNFINISHED);
}

/* state_create() - attaches @uplink */
int state_create(const char *uplink, const struct bridge_config *config)
{
	struct bridge *skel;
	char dir[96];
	int ret = -1;

	if (state_path(dir, sizeof(dir), config->uplink))
		return -1;
	if (!access(dir, F_OK)) {
		warnx("%s is attached already", uplink);
		return -1;
	}
	skel = state_load(config);
	if (!skel)
		return -1;
	if (mkdir(STATE_UNFINISHED, 0700)) {
		warn(STATE_UNFINISHED);
		goto destroy;
	}
	if (state_pin(skel, STATE_UNFINISHED))
		goto unpin;
	/* From here on, what is left if this is killed can be detached. */
	if (rename(STATE_UNFINISHED, dir)) {
		warn("%s", dir);
		goto unpin;
	}
	/* Frames for VMs have no address of the interface. */
	if (link_set_flag(uplink, IFF_PROMISC, true))
		goto forget;
	ret = bpf_prog_attach_opts(bpf_program__fd(skel->progs.bridge_up), config->uplink,
				   BPF_TCX_INGRESS, NULL);
	if (!ret)
		goto destroy;
	warnx("%s: attach: %s", uplink, strerror(-ret));
	if (!config->promisc)
		link_set_flag(uplink, IFF_PROMISC, false);
forget:
	state_forget(dir);
	goto destroy;
unpin:
	state_unpin(STATE_UNFINISHED);
destroy:
	bridge__destroy(skel);
	return ret ? -1 : 0;
}

/* state_complete() - does what an attach that was killed had still to do */
int state_complete(const struct state *state)
{
	int ret;

	if (!link_exists(state->config.uplink))
		return 0;
	if (link_set_flag(state->name, IFF_PROMISC, true))
		return -1;
	ret = bpf_prog_attach_opts(state->progs[STATE_PROG_UP], state->config.uplink,
				   BPF_TCX_INGRESS, NULL);
	if (!ret || ret == -EEXIST)
		return 0;
	warnx("%s: attach: %s", state->name, strerror(-ret));
	return -1;
}

static int state_get(const struct state *state, const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", state->dir, name);
	fd = bpf_obj_get(path);
	if (fd < 0)
		warn("%s", path);
	return fd;
}

static int state_get_config(struct state *state)
{
	struct bridge__rodata rodata;
	__u32 zero = 0;
	int fd, ret;

	fd = state_get(state, "config");
	if (fd < 0)
		return -1;
	ret = bpf_map_lookup_elem(fd, &zero, &rodata);
	close(fd);
	if (ret) {
		warn("%s/config", state->dir);
		return -1;
	}
	state->config = rodata.config;
	return 0;
}

/* state_open_dir() - as state_open(), by the folder in state->dir */
static int state_open_dir(struct state *state)
{
	static const char * const names[] = { "ports", "targets", "ends", "stats" };
	int *fds[] = { &state->ports, &state->targets, &state->ends, &state->stats };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fds); i++)
		*fds[i] = -1;
	for (i = 0; i < STATE_PROGS; i++)
		state->progs[i] = -1;
	if (state_get_config(state))
		return -1;
	if (!if_indextoname(state->config.uplink, state->name))
		snprintf(state->name, sizeof(state->name), "%u", state->config.uplink);
	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		*fds[i] = state_get(state, names[i]);
		if (*fds[i] < 0)
			goto close;
	}
	for (i = 0; i < STATE_PROGS; i++) {
		state->progs[i] = state_get(state, state_prog_names[i]);
		if (state->progs[i] < 0)
			goto close;
	}
	return 0;
close:
	state_close(state);
	return -1;
}

/* state_open() - @uplink is a name or, once the interface is gone, its ifindex */
int state_open(const char *uplink, struct state *state)
{
	unsigned int ifindex = if_nametoindex(uplink);
	char *end;

	if (!ifindex) {
		ifindex = strtoul(uplink, &end, 10);
		if (*end || !ifindex || link_exists(ifindex)) {
			warnx("there is no interface %s", uplink);
			return -1;
		}
	}
	if (state_path(state->dir, sizeof(state->dir), ifindex))
		return -1;
	if (access(state->dir, F_OK)) {
		warnx("%s is not attached", uplink);
		return -1;
	}
	return state_open_dir(state);
}

void state_close(struct state *state)
{
	int fds[] = { state->ports, state->targets, state->ends, state->stats };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	for (i = 0; i < STATE_PROGS; i++)
		if (state->progs[i] >= 0)
			close(state->progs[i]);
}

/* state_destroy() - detaches the uplink; its ports are gone already */
int state_destroy(struct state *state)
{
	int ret;

	ret = bpf_prog_detach_opts(state->progs[STATE_PROG_UP], state->config.uplink,
				   BPF_TCX_INGRESS, NULL);
	if (ret && ret != -ENODEV && ret != -ENOENT) {
		warnx("%s: detach: %s", state->name, strerror(-ret));
		return -1;
	}
	if (!state->config.promisc && link_exists(state->config.uplink) &&
	    link_set_flag(state->name, IFF_PROMISC, false))
		return -1;
	return state_forget(state->dir);
}

/* state_list() - @each for every uplink of this network namespace, until one fails */
int state_list(int (*each)(struct state *state, void *data), void *data)
{
	struct dirent **entries;
	struct state state;
	char prefix[96];
	int count, i, ret = 0;
	size_t length;

	if (state_path(prefix, sizeof(prefix), 0))
		return -1;
	length = strlen(prefix) - strlen("0");
	count = scandir(STATE_ROOT, &entries, NULL, versionsort);
	if (count < 0) {
		warn(STATE_ROOT);
		return -1;
	}
	for (i = 0; i < count; i++) {
		snprintf(state.dir, sizeof(state.dir), STATE_ROOT "/%.40s", entries[i]->d_name);
		if (!ret && !strncmp(state.dir, prefix, length)) {
			ret = state_open_dir(&state);
			if (!ret) {
				ret = each(&state, data);
				state_close(&state);
			}
		}
		free(entries[i]);
	}
	free(entries);
	return ret;
}
