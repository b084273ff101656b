#include "web/server_in.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static bool watch_listener(Server *server, Source *source, SourceKind kind, int fd)
{
    *source = (Source){kind, fd};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = source};
    return listen(fd, 1024) == 0 && epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void note_port(Server *server, int fd)
{
    struct sockaddr_storage bound;
    socklen_t len = sizeof bound;
    if (getsockname(fd, (struct sockaddr *)&bound, &len) != 0)
        return;
    in_port_t port = bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                                 : ((struct sockaddr_in *)&bound)->sin_port;
    server->port = ntohs(port);
}

Err listen_tcp(Cx *cx, Server *server)
{
    char port[16];
    snprintf(port, sizeof port, "%d", server->config.port);
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    if (getaddrinfo(server->config.host, port, &hints, &found) != 0)
        return err_set_arg(cx, ERR_IO, "host", "web.address_bad", str_from(server->config.host));
    int one = 1;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool bound = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
                 bind(fd, found->ai_addr, found->ai_addrlen) == 0 &&
                 watch_listener(server, &server->tcp, SOURCE_TCP, fd);
    freeaddrinfo(found);
    if (!bound) {
        if (fd >= 0)
            close(fd);
        server->tcp.fd = -1;
        return err_set_arg(
            cx, ERR_IO, "port", "web.cannot_listen",
            str_format(cx->arena, "%s:%s: %s", server->config.host, port, strerror(errno)));
    }
    note_port(server, fd);
    return ERR_OK;
}

/* A socket file left by a program that ended badly is replaced; one that somebody answers on is
 * not. */
static bool stale_removed(const struct sockaddr_un *address)
{
    struct stat status;
    if (lstat(address->sun_path, &status) != 0)
        return errno == ENOENT;
    if (!S_ISSOCK(status.st_mode))
        return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool alive = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;
    if (fd >= 0)
        close(fd);
    return !alive && unlink(address->sun_path) == 0;
}

Err listen_local(Cx *cx, Server *server)
{
    const char *path = server->config.socket_path;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return err_set_arg(cx, ERR_IO, "socket_path", "web.socket_path_long", str_from(path));
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = stale_removed(&address)
                 ? socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
                 : -1;
    /* The mode is set on the socket before it has a name: there is no moment with a wider one. */
    bool bound = fd >= 0 && fchmod(fd, 0600) == 0 &&
                 bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
                 chmod(path, 0600) == 0 && watch_listener(server, &server->local, SOURCE_UNIX, fd);
    if (bound)
        return ERR_OK;
    if (fd >= 0)
        close(fd);
    server->local.fd = -1;
    return err_set_arg(cx, ERR_IO, "socket_path", "web.cannot_listen", str_from(path));
}
