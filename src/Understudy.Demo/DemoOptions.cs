namespace Understudy.Demo;

/// <summary>What the visitor asked for.</summary>
public sealed record DemoOptions
{
    /// <summary>The whole outage in a quarter of a minute instead of a minute. Default false.</summary>
    public bool Fast { get; init; }

    /// <summary>Stop after the script instead of leaving the gateway up. Default false.</summary>
    public bool Exit { get; init; }

    /// <summary>Whether to draw a live picture instead of printing lines: only for a terminal. Default false.</summary>
    public bool Live { get; init; }

    /// <summary>Whether to open the control room in a browser. Default false.</summary>
    public bool Browser { get; init; }

    /// <summary>Address and port of the gateway; where the port is taken, a free one is. Default 127.0.0.1:4600.</summary>
    public string Listen { get; init; } = "127.0.0.1:4600";

    /// <summary>The time. Default the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
