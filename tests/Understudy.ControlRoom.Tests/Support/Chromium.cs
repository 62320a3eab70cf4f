using Microsoft.Playwright;

namespace Understudy.ControlRoom.Tests.Support;

/// <summary>The machine's own Chromium, one for all tests; where there is none they are skipped, and say so.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public static string? Path { get; } = new[] { Environment.GetEnvironmentVariable("CHROME_PATH"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" }
        .FirstOrDefault(File.Exists);

    public async ValueTask InitializeAsync()
    {
        if (Path is null) return;
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Path, Args = ["--no-sandbox"] });
    }

    /// <summary>A browser window of its own at the room of a stage, with nothing kept from another.</summary>
    internal Task<RoomPage> OpenAsync(RoomStage stage, ColorScheme theme = ColorScheme.Light, bool phone = false) => OpenAsync(stage.Gateway.BaseUrl, theme, phone);

    /// <summary>A browser window of its own at the room of any gateway.</summary>
    internal async Task<RoomPage> OpenAsync(Uri room, ColorScheme theme = ColorScheme.Light, bool phone = false)
    {
        Assert.SkipUnless(_browser is not null, "No Chromium on this machine: install one, or name it in CHROME_PATH.");
        var context = await _browser!.NewContextAsync(new() { ColorScheme = theme, ViewportSize = phone ? new() { Width = 390, Height = 844 } : new() { Width = 1440, Height = 900 } });
        context.SetDefaultTimeout(20_000);
        return new(room, context, await context.NewPageAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
    }
}
