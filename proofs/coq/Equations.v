(** Index equations as data, and their meaning over the real numbers.

    A tensor is a name; its entries are numbered in row-major order.  An equation gives every entry of its target by one
    expression in the entry's indices; a layer is a chain of equations.  Reading outside a tensor gives 0, so that a
    bracket beside such a read says what the printed equation says, and nothing has to be assumed of positions.  Brackets
    among the factors of what a maximum or a log-sum-exp is taken of say over which terms it goes: these are its guards. *)

From Coq Require Import Reals List Arith Lia Bool ZArith QArith Qreals Lra FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Dyadic Require Import Logarithm.
Import ListNotations.

(** ** Syntax *)

(** Parameters, activations of vertices, data (inputs and target); what is defined inside layers, and the sensitivities of
    that. *)
Inductive name := Param (k : nat) | Activation (v : nat) | Datum (k : nat) | Inner (k : nat) | Sensitivity (k : nat).
Definition name_eq_dec : forall s t : name, {s = t} + {s <> t}.
Proof. decide equality; apply Nat.eq_dec. Defined.
Definition same_name (s t : name) : bool := if name_eq_dec s t then true else false.

Inductive index :=
| Index (k : nat) | Constant (c : Z) | Plus (a b : index) | Times (c : Z) (a : index)
| Quotient (a : index) (d : Z) | Remainder (a : index) (d : Z).

Inductive bracket := Inside (a : index) (n : Z) | Divides (d : Z) (a : index) | Same (a b : index).

Inductive expr :=
| Number (q : Q)
| Entry (t : name) (is : list index)
| Add (a b : expr)
| Mul (a b : expr)
| Apply (f o : nat) (a : expr)
| Sum (k : nat) (n : nat) (a : expr)
(* over the indices at which all brackets gs hold: *)
| LogSumExp (k : nat) (n : nat) (gs : list bracket) (a : expr)   (* log of the sum of exponentials *)
| Maximum (k : nat) (n : nat) (gs : list bracket) (a : expr)
| ArgMax (k : nat) (n : nat) (gs : list bracket) (a : expr)      (* the first index at which the maximum is attained *)
| IndexIs (i : index) (a : expr)                           (* [i = a] for an integer-valued tensor *)
| Bracket (b : bracket).

Record equation := Equation { target : name; indices : list nat; body : expr }.

(** ** Value and tangent *)

Definition env := nat -> Z.
Definition set (e : env) (k : nat) (v : Z) : env := fun j => if Nat.eqb j k then v else e j.
Definition tensors := name -> Z -> R.
Definition functions := nat -> nat -> R -> R.       (* the function f and its derivatives, by order *)

Fixpoint eval_index (e : env) (a : index) : Z :=
  match a with
  | Index k => e k | Constant c => c | Plus a b => eval_index e a + eval_index e b | Times c a => c * eval_index e a
  | Quotient a d => eval_index e a / d | Remainder a d => eval_index e a mod d
  end%Z.
Definition holds (e : env) (b : bracket) : bool :=
  match b with
  | Inside a n => (0 <=? eval_index e a) && (eval_index e a <? n)
  | Divides d a => eval_index e a mod d =? 0
  | Same a b => eval_index e a =? eval_index e b
  end%Z.

Fixpoint zrange (start : Z) (n : nat) : list Z :=
  match n with O => [] | S m => start :: zrange (start + 1)%Z m end.
Definition zsize (d : list Z) : Z := fold_right Z.mul 1%Z d.
Definition size (d : list Z) : nat := Z.to_nat (zsize d).
Definition range (d : list Z) : list Z := zrange 0 (size d).
Fixpoint flat (d : list Z) (is : list Z) : option Z :=
  match d, is with
  | [], [] => Some 0%Z
  | n :: d, i :: is => if ((0 <=? i) && (i <? n))%Z then
      match flat d is with Some r => Some (i * zsize d + r)%Z | None => None end else None
  | _, _ => None
  end.
Fixpoint unflat (d : list Z) (p : Z) : list Z :=
  match d with [] => [] | n :: d => (p / zsize d)%Z :: unflat d (p mod zsize d)%Z end.
Fixpoint bind (ks : list nat) (is : list Z) : env :=
  match ks, is with k :: ks, i :: is => set (bind ks is) k i | _, _ => fun _ => 0%Z end.

Open Scope R_scope.
Definition sum_list {A : Type} (l : list A) (g : A -> R) : R := fold_right (fun v acc => g v + acc) 0 l.

(** ** Finite sums *)

Lemma sum_list_ext : forall (A : Type) (l : list A) g h, (forall v, In v l -> g v = h v) -> sum_list l g = sum_list l h.
Proof.
    induction l as [|v l IH]; intros g h H; simpl; [reflexivity|].
    rewrite (H v) by now left. f_equal. apply IH. intros w Hw. apply H. now right.
Qed.
Lemma sum_list_scal : forall (A : Type) (l : list A) g c, sum_list l (fun v => c * g v) = c * sum_list l g.
Proof. induction l as [|a l IH]; intros g c; simpl; [ring|]. rewrite IH. ring. Qed.
Lemma sum_list_app : forall (A : Type) (l m : list A) g, sum_list (l ++ m) g = sum_list l g + sum_list m g.
Proof. induction l as [|a l IH]; intros m g; simpl; [ring|]. rewrite IH. ring. Qed.
Lemma sum_list_zero : forall (A : Type) (l : list A) g, (forall v, In v l -> g v = 0) -> sum_list l g = 0.
Proof.
    induction l as [|a l IH]; intros g H; simpl; [reflexivity|]. rewrite IH, H by (try (now left); intros; apply H; now right). ring.
Qed.
Lemma sum_list_plus : forall (A : Type) (l : list A) g h, sum_list l (fun v => g v + h v) = sum_list l g + sum_list l h.
Proof. induction l as [|a l IH]; intros g h; simpl; [ring|]. rewrite IH. ring. Qed.
Lemma sum_list_exchange : forall (A B : Type) (l : list A) (m : list B) g,
    sum_list l (fun a => sum_list m (g a)) = sum_list m (fun b => sum_list l (fun a => g a b)).
Proof.
    induction l as [|a l IH]; intros m g; simpl; [symmetry; now apply sum_list_zero|]. now rewrite IH, <- sum_list_plus.
Qed.
Lemma sum_list_scal_r : forall (A : Type) (l : list A) g c, sum_list l (fun v => g v * c) = sum_list l g * c.
Proof. induction l as [|a l IH]; intros g c; simpl; [ring|]. rewrite IH. ring. Qed.
Lemma sum_list_cons : forall (A : Type) a (l : list A) g, sum_list (a :: l) g = g a + sum_list l g.
Proof. reflexivity. Qed.
Lemma sum_list_rev : forall (A : Type) (l : list A) g, sum_list (rev l) g = sum_list l g.
Proof. induction l as [|a l IH]; intro g; simpl; [reflexivity|]. rewrite sum_list_app, IH. simpl. ring. Qed.
Lemma sum_list_map : forall (A B : Type) (h : A -> B) (l : list A) g, sum_list (map h l) g = sum_list l (fun v => g (h v)).
Proof. induction l as [|a l IH]; intro g; simpl; [reflexivity|]. now rewrite IH. Qed.

Lemma in_zrange : forall n a v, In v (zrange a n) <-> (a <= v < a + Z.of_nat n)%Z.
Proof.
  induction n as [|n IH]; intros a v; cbn [zrange In]; [lia|]. rewrite IH. lia.
Qed.
(** The first of the indices at which g is largest. *)
Fixpoint first_max (g : Z -> R) (best : Z) (l : list Z) : Z :=
  match l with [] => best | v :: l => first_max g (if Rlt_dec (g best) (g v) then v else best) l end.
Definition argmax (l : list Z) (g : Z -> R) : Z := match l with [] => 0%Z | v :: l => first_max g v l end.
Lemma first_max_in : forall g l b, In (first_max g b l) (b :: l).
Proof.
  intros g. induction l as [|v l IH]; intro b; cbn [first_max]; [now left|].
  destruct (IH (if Rlt_dec (g b) (g v) then v else b)) as [<-|H].
  - destruct (Rlt_dec (g b) (g v)); [right; now left | now left].
  - right. now right.
Qed.
Lemma first_max_unique : forall g m l b, In m (b :: l) -> (forall v, In v (b :: l) -> v <> m -> g v < g m) -> first_max g b l = m.
Proof.
  intros g m. induction l as [|v l IH]; intros b Hm H; cbn [first_max].
  - destruct Hm as [Hm|[]]. exact Hm.
  - apply IH.
    + destruct (Rlt_dec (g b) (g v)) as [Hlt|Hge].
      * destruct Hm as [<-|Hm]; [|exact Hm]. destruct (Z.eq_dec v b) as [->|Hne]; [now left|].
        assert (g v < g b) by (apply H; [right; now left | exact Hne]). lra.
      * destruct Hm as [<-|[<-|Hm]]; [now left | | now right]. destruct (Z.eq_dec b v) as [->|Hne]; [now left|].
        assert (g b < g v) by (apply H; [now left | exact Hne]). lra.
    + intros w Hw. apply H. destruct Hw as [<-|Hw]; [|right; now right].
      destruct (Rlt_dec (g b) (g v)); [right; now left | now left].
Qed.
Lemma argmax_in : forall l g, l <> [] -> In (argmax l g) l.
Proof. intros [|v l] g H; [contradiction|]. apply first_max_in. Qed.
Lemma argmax_unique : forall l g m, In m l -> (forall v, In v l -> v <> m -> g v < g m) -> argmax l g = m.
Proof. intros [|v l] g m Hm H; [destruct Hm|]. now apply first_max_unique. Qed.
Lemma first_max_ext : forall g h l b, (forall v, In v (b :: l) -> g v = h v) -> first_max g b l = first_max h b l.
Proof.
  intros g h. induction l as [|v l IH]; intros b H; cbn [first_max]; [reflexivity|].
  rewrite (H b) by now left. rewrite (H v) by (right; now left). apply IH.
  intros w Hw. apply H. destruct Hw as [<-|Hw]; [|right; now right].
  destruct (Rlt_dec (h b) (h v)); [right; now left | now left].
Qed.
Lemma argmax_ext : forall l g h, (forall v, g v = h v) -> argmax l g = argmax l h.
Proof. intros [|v l] g h H; [reflexivity|]. apply first_max_ext. intros. apply H. Qed.

(** The indices over which a maximum or a log-sum-exp goes: those below n at which all guards hold. *)
Definition admitted (e : env) (k n : nat) (gs : list bracket) : list Z :=
  filter (fun v => forallb (holds (set e k v)) gs) (zrange 0 n).

Section Meaning.
  Variable F : functions.
  Variable dims : name -> list Z.

  (** A definition and the sensitivity of its target have one shape. *)
  Definition shape (t : name) : list Z := match t with Sensitivity k => dims (Inner k) | _ => dims t end.
  Definition entries (t : name) : list Z := range (shape t).
  Definition in_range (t : name) (p : Z) : bool := ((0 <=? p) && (p <? Z.of_nat (size (shape t))))%Z.

  Fixpoint eval (T : tensors) (e : env) (a : expr) : R :=
    match a with
    | Number q => Q2R q
    | Entry t is => match flat (shape t) (map (eval_index e) is) with Some p => T t p | None => 0 end
    | Add a b => eval T e a + eval T e b
    | Mul a b => eval T e a * eval T e b
    | Apply f o a => F f o (eval T e a)
    | Sum k n a => sum_list (zrange 0 n) (fun v => eval T (set e k v) a)
    | LogSumExp k n gs a => logarithm (sum_list (admitted e k n gs) (fun v => exp (eval T (set e k v) a)))
    | Maximum k n gs a => eval T (set e k (argmax (admitted e k n gs) (fun v => eval T (set e k v) a))) a
    | ArgMax k n gs a => IZR (argmax (admitted e k n gs) (fun v => eval T (set e k v) a))
    | IndexIs i a => if Req_EM_T (IZR (eval_index e i)) (eval T e a) then 1 else 0
    | Bracket b => if holds e b then 1 else 0
    end.

  Fixpoint tangent (T D : tensors) (e : env) (a : expr) : R :=
    match a with
    | Number _ => 0
    | Entry t is => match flat (shape t) (map (eval_index e) is) with Some p => D t p | None => 0 end
    | Add a b => tangent T D e a + tangent T D e b
    | Mul a b => tangent T D e a * eval T e b + eval T e a * tangent T D e b
    | Apply f o a => tangent T D e a * F f (S o) (eval T e a)
    | Sum k n a => sum_list (zrange 0 n) (fun v => tangent T D (set e k v) a)
    | LogSumExp k n gs a => let l := logarithm (sum_list (admitted e k n gs) (fun v => exp (eval T (set e k v) a))) in
        sum_list (admitted e k n gs) (fun v => tangent T D (set e k v) a * exp (eval T (set e k v) a + -1 * l))
    | Maximum k n gs a => tangent T D (set e k (argmax (admitted e k n gs) (fun v => eval T (set e k v) a))) a
    | Bracket _ | ArgMax _ _ _ _ | IndexIs _ _ => 0
    end.

  (** Every function is differentiable where it is evaluated. *)
  Fixpoint smooth (T : tensors) (e : env) (a : expr) : Prop :=
    match a with
    | Number _ | Entry _ _ | Bracket _ => True
    | Add a b | Mul a b => smooth T e a /\ smooth T e b
    | Apply f o a => smooth T e a /\ is_derive (F f o : R -> R_NormedModule) (eval T e a) (F f (S o) (eval T e a))
    | Sum k n a => forall v, In v (zrange 0 n) -> smooth T (set e k v) a
    | LogSumExp k n gs a => admitted e k n gs <> [] /\ forall v, In v (admitted e k n gs) -> smooth T (set e k v) a
    | Maximum k n gs a => let m := argmax (admitted e k n gs) (fun v => eval T (set e k v) a) in                  (* no ties *)
        admitted e k n gs <> [] /\ forall v, In v (admitted e k n gs) -> smooth T (set e k v) a /\ (v <> m -> eval T (set e k v) a < eval T (set e k m) a)
    | ArgMax _ _ _ _ | IndexIs _ _ => False
    end.
End Meaning.

(** Every entry has one number: [flat] undoes [unflat]. *)
Lemma zsize_positive : forall d, List.Forall (fun n => 0 < n)%Z d -> (0 < zsize d)%Z.
Proof. induction 1; simpl; [lia | nia]. Qed.

Lemma flat_unflat : forall d p, List.Forall (fun n => 0 < n)%Z d -> (0 <= p < zsize d)%Z ->
  flat d (unflat d p) = Some p.
Proof.
  induction d as [|n d IH]; intros p Hd Hp; simpl in *; [f_equal; lia|].
  inversion Hd as [|? ? Hn Hd']; subst. pose proof (zsize_positive d Hd') as Hs.
  assert (Hq : (0 <= p / zsize d < n)%Z).
  { split; [apply Z.div_pos; lia | apply Z.div_lt_upper_bound; lia]. }
  assert (E : ((0 <=? p / zsize d) && (p / zsize d <? n))%Z = true).
  { apply andb_true_intro. split; [apply Z.leb_le | apply Z.ltb_lt]; lia. }
  rewrite E, IH; [|exact Hd' | apply Z.mod_pos_bound; lia].
  f_equal. rewrite Z.mul_comm. symmetry. apply Z.div_mod. lia.
Qed.
