import {
  Badge,
  Button,
  createTheme,
  Drawer,
  InputWrapper,
  Modal,
  PasswordInput,
  Table,
  Tooltip,
  type CSSVariablesResolver,
} from "@mantine/core";

/** Road-sign green. Shade 8 carries white text at 5:1, so buttons use it in both themes. */
const brand = [
  "#edfaf4",
  "#d9f2e6",
  "#b0e4cb",
  "#82d5ae",
  "#5cc894",
  "#41bf83",
  "#2eb077",
  "#1a9462",
  "#0c7a50",
  "#035f3d",
] as const;

/** Cooler and a little deeper than the kit's own greys; 7 is the page, 6 a raised surface, 4 a border. */
const dark = [
  "#e3e6ea",
  "#b9bfc7",
  "#939ba6",
  "#6b7380",
  "#2d333b",
  "#262b32",
  "#1d2127",
  "#14171b",
  "#0f1114",
  "#0a0c0e",
] as const;

export const theme = createTheme({
  colors: { brand, dark },
  primaryColor: "brand",
  primaryShade: 8,
  defaultRadius: "md",
  cursorType: "pointer",
  fontFamily: 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace',
  headings: { fontWeight: "650", sizes: { h2: { fontSize: "1.5rem" }, h5: { fontSize: "0.95rem" } } },
  components: {
    Badge: Badge.extend({ defaultProps: { variant: "light", size: "sm", radius: "sm", tt: "none", fw: 550 } }),
    Button: Button.extend({ defaultProps: { fw: 550 } }),
    // A star says little where every field is needed, and it would become part of the field's name.
    InputWrapper: InputWrapper.extend({ defaultProps: { withAsterisk: false } }),
    Modal: Modal.extend({ defaultProps: { centered: true, padding: "lg" }, styles: { title: { fontWeight: 650 } } }),
    Drawer: Drawer.extend({ defaultProps: { padding: "lg" }, styles: { title: { fontWeight: 650 } } }),
    // Its own words, so that "Password" names the field alone.
    PasswordInput: PasswordInput.extend({
      defaultProps: { visibilityToggleButtonProps: { "aria-label": "Show or hide what is typed" } },
    }),
    Table: Table.extend({ defaultProps: { horizontalSpacing: "lg", verticalSpacing: "sm" } }),
    Tooltip: Tooltip.extend({ defaultProps: { withArrow: true } }),
  },
});

/** The kit's dimmed text is too faint on white to be read comfortably, and its tinted surfaces too loud on black. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#5b6470",
    "--mantine-color-default-border": "#dbdfe4",
    "--console-sunken": "#f7f8f9",
    "--console-raised": "#ffffff",
    "--console-bar": "var(--mantine-color-brand-7)",
    "--console-bid": "#0c7a50",
    "--console-bid-soft": "rgba(46, 176, 119, 0.16)",
    "--console-ask": "#c22f2f",
    "--console-ask-soft": "rgba(224, 49, 49, 0.12)",
    "--mantine-color-brand-text": "var(--mantine-color-brand-8)",
    "--mantine-color-brand-light-color": "var(--mantine-color-brand-9)",
    "--mantine-color-gray-light-color": "#495057",
    "--mantine-color-orange-light-color": "#9a3412",
    "--mantine-color-red-light-color": "#a51d1d",
  },
  dark: {
    "--mantine-color-dimmed": "#98a1ad",
    "--console-sunken": "#0f1114",
    "--console-raised": "var(--mantine-color-dark-6)",
    "--mantine-color-gray-light": "rgba(255, 255, 255, 0.08)",
    "--mantine-color-orange-light": "rgba(253, 126, 20, 0.14)",
    "--mantine-color-orange-light-color": "var(--mantine-color-orange-3)",
    "--mantine-color-red-light": "rgba(250, 82, 82, 0.14)",
    "--mantine-color-red-light-color": "var(--mantine-color-red-3)",
    "--mantine-color-brand-light": "rgba(46, 176, 119, 0.16)",
    "--mantine-color-brand-light-color": "var(--mantine-color-brand-3)",
    "--console-bar": "var(--mantine-color-brand-6)",
    "--console-bid": "#41bf83",
    "--console-bid-soft": "rgba(46, 176, 119, 0.2)",
    "--console-ask": "#ff8a8a",
    "--console-ask-soft": "rgba(250, 82, 82, 0.2)",
    "--mantine-color-brand-text": "var(--mantine-color-brand-5)",
  },
});
