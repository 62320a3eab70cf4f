namespace Understudy.Demo.Traffic;

/// <summary>Looks at the headers of every answer on its way to the SDK, errors too. Names the route, where a call asks for one, and changes nothing else.</summary>
internal sealed class HeaderWatch : DelegatingHandler
{
    private static readonly AsyncLocal<ClientCall?> _current = new();

    private HeaderWatch()
        : base(new SocketsHttpHandler())
    {
    }

    /// <summary>Names the call that the requests from here on belong to.</summary>
    public static void Watch(ClientCall call) => _current.Value = call;

    /// <summary>A client for an SDK to use. Without a clock of its own, as the SDKs make theirs: the SDK has one.</summary>
    public static HttpClient NewClient() => new(new HeaderWatch()) { Timeout = Timeout.InfiniteTimeSpan };

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (_current.Value?.Route is { } route) request.Headers.TryAddWithoutValidation("x-understudy-route", route);
        var response = await base.SendAsync(request, cancellationToken);
        _current.Value?.Begin(response);
        return response;
    }
}
