using System.Collections.Concurrent;
using System.Text;
using Microsoft.Playwright;

namespace Understudy.ControlRoom.Tests.Support;

/// <summary>A browser window at the control room, and everything that came into it.</summary>
internal sealed class RoomPage : IAsyncDisposable
{
    private readonly Uri _room;
    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _received = new();

    public RoomPage(Uri room, IBrowserContext context, IPage page)
    {
        _room = room;
        _context = context;
        Page = page;
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") Complaints.Enqueue(message.Text);
        };
        page.PageError += (_, error) => Complaints.Enqueue(error);
        page.Request += (_, request) => Asked.Enqueue(new(request.Url));
        page.WebSocket += (_, socket) =>
        {
            Asked.Enqueue(new(socket.Url));
            socket.FrameReceived += (_, frame) => _received.Enqueue(frame.Text ?? Encoding.Latin1.GetString(frame.Binary ?? []));
        };
    }

    public IPage Page { get; }

    /// <summary>What the browser complained about: a script that failed, a rule of the page's security that something broke.</summary>
    public ConcurrentQueue<string> Complaints { get; } = new();

    /// <summary>Every address that the page asked.</summary>
    public ConcurrentQueue<Uri> Asked { get; } = new();

    /// <summary>All that came over the page's own connection.</summary>
    public string Received => string.Join('\n', _received);

    public ILocator Says => Page.Locator(".says");

    public ILocator Card(string provider) => Page.GetByRole(AriaRole.Article, new() { Name = $"Provider {provider}" });

    public static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);

    /// <summary>Goes to the room as an operator.</summary>
    public async Task SignInAsync(string name, string password = RoomStage.Password)
    {
        await Page.GotoAsync(_room.ToString());
        await Page.GetByLabel("Name").FillAsync(name);
        await Page.GetByLabel("Password").FillAsync(password);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
    }

    /// <summary>Goes to the room as an operator, and waits until the page changes by itself.</summary>
    public async Task EnterAsync(string name)
    {
        await SignInAsync(name);
        await Expect(Page.Locator("main[data-live=true]")).ToBeVisibleAsync(new() { Timeout = 20_000 });
    }

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();
}
