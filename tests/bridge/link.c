// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

#include "link.h"

/* link_ioctl() - a request about the interface @name; 0 or a negative errno */
static int link_ioctl(unsigned long request, const char *name, struct ifreq *ifr)
{
	int fd, ret;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	snprintf(ifr->ifr_name, sizeof(ifr->ifr_name), "%s", name);
	ret = ioctl(fd, request, ifr) ? -errno : 0;
	close(fd);
	return ret;
}

bool link_exists(unsigned int ifindex)
{
	char name[IF_NAMESIZE];

	return ifindex && if_indextoname(ifindex, name);
}

bool link_is_veth(const char *name)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq ifr = { .ifr_data = (void *)&info };

	return !link_ioctl(SIOCETHTOOL, name, &ifr) && !strcmp(info.driver, "veth");
}

int link_check_ethernet(const char *name)
{
	struct ifreq ifr = {};
	int ret;

	ret = link_ioctl(SIOCGIFHWADDR, name, &ifr);
	if (ret) {
		warnx("%s: %s", name, strerror(-ret));
		return -1;
	}
	if (ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER) {
		warnx("%s is no Ethernet interface", name);
		return -1;
	}
	return 0;
}

/* link_mtu() - its MTU, or -1 */
int link_mtu(unsigned int ifindex)
{
	struct ifreq ifr = {};
	char name[IF_NAMESIZE];
	int ret;

	if (!if_indextoname(ifindex, name)) {
		warnx("the interface of the uplink is gone");
		return -1;
	}
	ret = link_ioctl(SIOCGIFMTU, name, &ifr);
	if (ret) {
		warnx("%s: MTU: %s", name, strerror(-ret));
		return -1;
	}
	return ifr.ifr_mtu;
}

/* link_talk() - send a request of rtnetlink; 0, or a negative errno */
static int link_talk(struct nlmsghdr *nlh)
{
	char buf[MNL_SOCKET_BUFFER_SIZE];
	struct mnl_socket *nl;
	int ret;

	nlh->nlmsg_seq = time(NULL);
	nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!nl)
		return -errno;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0) {
		ret = -errno;
		goto close;
	}
	ret = mnl_socket_recvfrom(nl, buf, sizeof(buf));
	if (ret >= 0)
		ret = mnl_cb_run(buf, ret, nlh->nlmsg_seq, mnl_socket_get_portid(nl), NULL, NULL);
	ret = ret < 0 ? -errno : 0;
close:
	mnl_socket_close(nl);
	return ret;
}

int link_add_veth(const char *outer, const char *inner, unsigned int mtu)
{
	char buf[MNL_SOCKET_BUFFER_SIZE] = {};
	struct nlattr *info, *data, *peer;
	struct nlmsghdr *nlh;
	int ret;

	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = RTM_NEWLINK;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(nlh, IFLA_IFNAME, outer);
	mnl_attr_put_u32(nlh, IFLA_MTU, mtu);
	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(nlh, VETH_INFO_PEER);
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(nlh, IFLA_IFNAME, inner);
	mnl_attr_put_u32(nlh, IFLA_MTU, mtu);
	mnl_attr_nest_end(nlh, peer);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
	ret = link_talk(nlh);
	if (ret)
		warnx("cannot make the veth pair %s, %s with MTU %u: %s", outer, inner, mtu,
		      strerror(-ret));
	return ret ? -1 : 0;
}

/*
 * link_del() - by ifindex or, if that is 0, by name; a veth with its peer. One that is gone
 * already is no error.
 */
int link_del(unsigned int ifindex, const char *name)
{
	char buf[MNL_SOCKET_BUFFER_SIZE] = {};
	struct ifinfomsg *ifi;
	struct nlmsghdr *nlh;
	int ret;

	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = RTM_DELLINK;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	if (ifindex)
		ifi->ifi_index = ifindex;
	else
		mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	ret = link_talk(nlh);
	if (ret && ret != -ENODEV) {
		warnx("cannot delete an interface of the port: %s", strerror(-ret));
		return -1;
	}
	return 0;
}

int link_has_flag(const char *name, unsigned int flag, bool *on)
{
	struct ifreq ifr = {};
	int ret;

	ret = link_ioctl(SIOCGIFFLAGS, name, &ifr);
	if (ret)
		warnx("%s: flags: %s", name, strerror(-ret));
	*on = ifr.ifr_flags & flag;
	return ret ? -1 : 0;
}

int link_set_flag(const char *name, unsigned int flag, bool on)
{
	struct ifreq ifr = {};
	int ret;

	ret = link_ioctl(SIOCGIFFLAGS, name, &ifr);
	if (!ret) {
		ifr.ifr_flags = on ? ifr.ifr_flags | flag : ifr.ifr_flags & ~flag;
		ret = link_ioctl(SIOCSIFFLAGS, name, &ifr);
	}
	if (ret)
		warnx("%s: flags: %s", name, strerror(-ret));
	return ret ? -1 : 0;
}

/* link_silence() - the stack sends nothing by itself on what only carries others' frames */
int link_silence(const char *name)
{
	char path[128];
	int fd, ret = 0;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	/* A kernel without IPv6 */
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || write(fd, "1", 1) != 1) {
		warn("%s", path);
		ret = -1;
	}
	if (fd >= 0)
		close(fd);
	return ret;
}

/* link_features() - the names of all features; free() them */
static struct ethtool_gstrings *link_features(const char *name)
{
	struct {
		struct ethtool_sset_info info;
		__u32 count;
	} set = { .info = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ull << ETH_SS_FEATURES } };
	struct ifreq ifr = { .ifr_data = (void *)&set };
	struct ethtool_gstrings *names;

	if (link_ioctl(SIOCETHTOOL, name, &ifr) || !set.info.sset_mask)
		return NULL;
	names = calloc(1, sizeof(*names) + (size_t)set.count * ETH_GSTRING_LEN);
	if (!names)
		return NULL;
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_FEATURES;
	names->len = set.count;
	ifr.ifr_data = (void *)names;
	if (!link_ioctl(SIOCETHTOOL, name, &ifr))
		return names;
	free(names);
	return NULL;
}

/*
 * link_vlan_in_frame() - have VLAN tags in the frame when the peer gets it, and not beside
 * it, where XDP does not see them
 */
int link_vlan_in_frame(const char *name)
{
	struct ethtool_gstrings *names = link_features(name);
	struct ethtool_sfeatures *features;
	struct ifreq ifr = {};
	__u32 i, blocks;
	int ret = -1;

	if (!names) {
		warnx("%s: cannot read its features", name);
		return -1;
	}
	blocks = (names->len + 31) / 32;
	features = calloc(1, sizeof(*features) + blocks * sizeof(features->features[0]));
	if (!features)
		goto free;
	features->cmd = ETHTOOL_SFEATURES;
	features->size = blocks;
	for (i = 0; i < names->len; i++) {
		const char *feature = (const char *)names->data + i * ETH_GSTRING_LEN;

		if (!strcmp(feature, "tx-vlan-hw-insert") ||
		    !strcmp(feature, "tx-vlan-stag-hw-insert"))
			features->features[i / 32].valid |= 1u << i % 32;
	}
	ifr.ifr_data = (void *)features;
	ret = link_ioctl(SIOCETHTOOL, name, &ifr) ? -1 : 0;
	if (ret)
		warnx("%s: cannot switch VLAN offload off", name);
	free(features);
free:
	free(names);
	return ret;
}
