#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# /init of the initramfs (busybox), and then, called with "stage2", PID 1 of the guest proper. The guest's
# root is the host's, read-only over 9p with a tmpfs above: whatever is installed on the host is there,
# whatever the guest writes is gone with it. /conf (made by vm.py) says where things are.

stage1() {
    export PATH=/bin
    mount -t proc proc /proc
    mount -t sysfs sysfs /sys
    mount -t devtmpfs devtmpfs /dev
    . /conf
    while read -r module; do insmod "/modules/$module"; done </modules.order

    mount -t tmpfs tmpfs /over
    mkdir /over/lower /over/upper /over/work
    mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=524288 host /over/lower
    mount -t overlay -o lowerdir=/over/lower,upperdir=/over/upper,workdir=/over/work overlay /root
    mount --bind "/root$MODULES" "/root/lib/modules/$KERNEL" 2>/dev/null || {
        mkdir -p "/root/lib/modules/$KERNEL"
        mount --bind "/root$MODULES" "/root/lib/modules/$KERNEL"
    }
    for fs in proc sys dev; do mount --move "/$fs" "/root/$fs"; done
    mount -t tmpfs tmpfs /root/run
    cp /conf /root/run/peers.conf
    cp /init /root/run/peers.init
    exec switch_root /root /bin/sh /run/peers.init stage2
}

stage2() {
    export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
    . /run/peers.conf
    mkdir -p /dev/pts /dev/shm /dev/net /run/lock
    mount -t devpts devpts /dev/pts -o mode=620,ptmxmode=666
    modprobe -a tun ppp_async ppp_deflate bsd_comp veth sch_netem
    [ -c /dev/ppp ] || mknod /dev/ppp c 108 0
    ip link set lo up
    ip address add "$GUEST/24" dev eth0
    ip link set eth0 up
    # As a child: the shell, being PID 1, buries the orphans.
    /usr/bin/python3 "$HERE/agent.py" "$AGENT_PORT" "$HOST" "$READY_PORT" &
    wait $!
    echo "the agent ended"
}

case $1 in
stage2) stage2 ;;
*) stage1 ;;
esac
